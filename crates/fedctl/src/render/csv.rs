//! Text from outside inside of CSV: it stays in its cell, and no spreadsheet takes it for a formula.

/// One row. Every cell is quoted.
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("{}\n", cells.join(","))
}

/// A spreadsheet takes a cell for a formula by its first character, also behind blanks: an apostrophe makes it a text.
fn cell(text: &str) -> String {
    let shown = super::text::visible(text);
    let is_formula = shown.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '|', '%']);
    format!("\"{}{}\"", if is_formula { "'" } else { "" }, shown.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_in_its_cell_and_is_no_formula() {
        assert_eq!(row(["a", "b,c"]), "\"a\",\"b,c\"\n");
        assert_eq!(row(["say \"hi\"", "x\ny"]), "\"say \"\"hi\"\"\",\"x<U+000A>y\"\n");
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "＝1", "%1", "|x"] {
            assert_eq!(row([formula]), format!("\"'{formula}\"\n"));
        }
        assert_eq!(row(["ann=1@acme.com"]), "\"ann=1@acme.com\"\n");
    }
}
