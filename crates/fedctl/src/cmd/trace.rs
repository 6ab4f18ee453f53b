//! `fedctl trace`: one person's sign-in, hop by hop.

use std::path::Path;

use crate::args::{Format, Trace};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::trace;
use crate::session::Session;
use crate::ui::Ui;

/// Traces one person.
///
/// # Errors
/// Somebody who is not in the population, an invalid spec, or organisations that cannot be read.
pub async fn run(args: &Trace, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let found = session.verify(ui).await?;
    let wanted = args.person.to_lowercase();
    let person = found.people.iter().find(|person| *person.email == *wanted || *person.account == *wanted);
    let Some(person) = person else {
        let message = format!("`{}` is not in the population of {}", args.person, found.federation);
        return Err(Failure::new(Exit::Failed, message)
            .hint("`fedctl plan --full` lists everybody; people come in through `people.from` and leave through `people.except`"));
    };
    ui.out(&match args.format {
        Format::Text => trace::text(&found, person, &session.source),
        Format::Json => trace::json(&found, person, &session.source),
    })?;
    Ok(if person.broken().is_none() { Exit::Done } else { Exit::Found })
}
