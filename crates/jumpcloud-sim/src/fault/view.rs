//! What readers see: lists as they were before the last writes, and lists in no order.

use serde_json::json;

use super::fate::Fate;
use super::{rows, spoil};
use crate::message::{Request, Response};
use crate::query::Params;
use crate::query::page::Page;
use crate::secret::Dice;
use crate::world::World;

/// The world before the first write that is not seen everywhere yet. One is enough: what is written while it is kept is
/// hidden for a shorter time, never for a longer one.
#[derive(Debug, Clone)]
pub(crate) struct View {
    taken_ms: u64,
    world: World,
}

/// Whether a request changes nothing: searches are sent as POST.
pub(super) fn reads(request: &Request) -> bool {
    let searches = ["/api/search/", "/insights/"];
    matches!(request.method.as_str(), "GET" | "HEAD")
        || request.method == "POST" && searches.iter().any(|path| request.path.starts_with(path))
}

impl World {
    /// Answers a request that is carried out, as this client sees it.
    pub fn answer_as(&mut self, request: &Request, fate: &Fate) -> Response {
        self.keep_view(request);
        if let Some(dice) = &fate.shuffle {
            return self.answer_shuffled(request, dice.clone());
        }
        let answer = self.answer(request);
        match fate.hidden_ms {
            Some(ms) => self.as_before(request, ms, answer),
            None => answer,
        }
    }

    /// Before something is written, keeps what some readers will go on to see.
    pub(crate) fn keep_view(&mut self, request: &Request) {
        if !reads(request) {
            self.keep_view_now();
        }
    }

    /// The same, for what is done by hand.
    pub(crate) fn keep_view_now(&mut self) {
        let Some(longest) = self.faults.longest_hiding() else { return };
        let is_fresh = |view: &View| self.now_ms < view.taken_ms.saturating_add(longest);
        if self.faults.view.as_deref().is_some_and(is_fresh) {
            return;
        }
        // Neither faults nor requests are of interest there, and a view of a view would never end.
        let (faults, requests) = (std::mem::take(&mut self.faults), std::mem::take(&mut self.requests));
        let view = View { taken_ms: self.now_ms, world: self.clone() };
        (self.faults, self.requests) = (faults, requests);
        self.faults.view = Some(Box::new(view));
    }

    /// A list as it was; what is no list is as it is \[observed: a read of the object itself works at once\].
    fn as_before(&mut self, request: &Request, ms: u64, mut answer: Response) -> Response {
        let now_ms = self.now_ms;
        let view = self.faults.view.as_deref_mut().filter(|view| now_ms < view.taken_ms.saturating_add(ms));
        let Some(view) = view.filter(|_| answer.status == 200) else { return answer };
        let mut body = answer.json();
        if !rows::is_list(&body) {
            return answer;
        }
        let mut old = view.world.answer_at_once(request);
        if old.status == 200 {
            old.headers.retain(|(name, _)| name != "date");
            old.headers.extend(answer.headers.into_iter().filter(|(name, _)| name == "date"));
            return old;
        }
        // What it is a list of was not there yet.
        rows::rows(&mut body).into_iter().for_each(Vec::clear);
        spoil::set_total(&mut body, &mut answer, |_| 0);
        spoil::replace(&mut answer, &body);
        answer
    }

    /// A page of the list in an order of its own, if it is a list and nobody asked for an order. Searches, which are
    /// sent as POST, keep theirs.
    fn answer_shuffled(&mut self, request: &Request, mut dice: Dice) -> Response {
        let mut answer = self.answer(request);
        let (params, mut body) = (Params::parse(&request.query), answer.json());
        let is_asked = request.method != "GET" || params.last("sort").is_some();
        if is_asked || answer.status != 200 || !rows::is_list(&body) {
            return answer;
        }
        let page = Page::of(&params, self.settings.page_max);
        let mut whole = self.whole_list(request, &params);
        let Some(all) = rows::rows(&mut whole) else { return answer };
        for last in (1..all.len()).rev() {
            all.swap(last, dice.below(last + 1));
        }
        if let Some(rows) = rows::rows(&mut body) {
            *rows = page.slice(all).to_vec();
        }
        spoil::replace(&mut answer, &body);
        answer
    }

    /// All rows of the list that a page was asked of.
    fn whole_list(&mut self, request: &Request, params: &Params) -> serde_json::Value {
        let others = params.iter().filter(|(name, _)| !matches!(*name, "skip" | "limit"));
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(others).append_pair("limit", &usize::MAX.to_string()).finish();
        let page_max = std::mem::replace(&mut self.settings.page_max, u64::MAX);
        let (_, reply) = self.reply(&Request { query, ..request.clone() });
        self.settings.page_max = page_max;
        serde_json::from_slice(&reply.body).unwrap_or_else(|_| json!([]))
    }
}
