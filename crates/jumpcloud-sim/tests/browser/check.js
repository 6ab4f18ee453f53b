// What is wrong with the page that is shown, one text each.
const wrong = [];
const say = (ok, text) => { if (!ok) wrong.push(text); };
const of = (selector) => [...document.querySelectorAll(selector)];
const name = (element) => element.outerHTML.slice(0, 90);

// Of a color: how light it is, by the formula of WCAG 2.
const light = (color) => {
  const channel = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const [red, green, blue] = color.match(/[\d.]+/g).slice(0, 3).map((text) => channel(Number(text) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (color !== 'rgba(0, 0, 0, 0)') return color;
  }
  return 'rgb(255, 255, 255)';
};
const contrast = (one, other) => {
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
};

say(document.documentElement.lang === 'en', 'no language');
say(document.title.endsWith('(SIMULATED)'), `the title is ${document.title}`);
say(document.documentElement.scrollWidth <= innerWidth, `it is ${document.documentElement.scrollWidth} px wide`);
say(getComputedStyle(document.body).display === 'flex', 'the style does not apply');
say(getComputedStyle(document.body).colorScheme !== 'normal', 'no color scheme');
for (const [selector, count] of [['h1', 1], ['main', 1], ['header', 1], ['footer', 1], ['main h1', 1], ['script', 0]]) {
  say(of(selector).length === count, `${of(selector).length} of ${selector}`);
}
const banner = document.querySelector('header').getBoundingClientRect();
say(document.querySelector('header').innerText.includes('SIMULATED'), 'the banner does not say it');
say(banner.top >= 0 && banner.height > 0 && banner.bottom <= innerHeight, 'the banner cannot be seen');
for (const field of of('input:not([type=hidden]), select')) {
  say(field.labels.length === 1 && field.labels[0].innerText.trim(), `no label: ${name(field)}`);
  const described = (field.getAttribute('aria-describedby') || '').split(' ').filter(Boolean);
  say(described.every((id) => document.getElementById(id)), `described by nothing: ${name(field)}`);
  say(!field.matches('[aria-invalid]') || described.includes('problem'), `wrong for no reason: ${name(field)}`);
}
for (const alert of of('.alert')) say(alert.role === 'alert' && alert.innerText.trim(), 'an alert that is none');
for (const target of of('button, input:not([type=hidden]), select, a')) {
  say(target.getBoundingClientRect().height >= 44, `too small for a finger: ${name(target)}`);
  say(getComputedStyle(target).fontSize.replace('px', '') >= 16, `a phone would zoom in: ${name(target)}`);
}
const fields = of('[autofocus]');
if (fields.length) {
  say(document.activeElement === fields[0], 'the field is not in focus');
  say(getComputedStyle(fields[0]).outlineStyle !== 'none', 'the focus cannot be seen');
}
for (const element of of('body *')) {
  const shows = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const { width } = element.getBoundingClientRect();
  if (!shows || width <= 1) continue;
  const ratio = contrast(getComputedStyle(element).color, behind(element));
  say(ratio >= 4.5, `contrast ${ratio.toFixed(2)}: ${name(element)}`);
}
for (const field of of('input:not([type=hidden]), select')) {
  const edge = contrast(getComputedStyle(field).borderTopColor, behind(field.parentElement));
  say(edge >= 3, `the edge has contrast ${edge.toFixed(2)}: ${name(field)}`);
}
return wrong;
