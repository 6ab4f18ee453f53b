//! What people and machines see of plans, reports and findings.

pub mod adopt;
pub mod by_hand;
pub mod csv;
pub mod doctor;
pub mod drift;
pub mod fates;
pub mod findings;
pub mod fleet;
pub mod frame;
pub mod junit;
pub mod markdown;
pub mod others;
pub mod people;
pub mod plan_diff;
pub mod plan_json;
pub mod plan_markdown;
pub mod plan_text;
pub mod proof;
pub mod rehearsed;
pub mod report;
pub mod rows;
pub mod schemas;
pub mod status;
pub mod text;
pub mod trace;
