//! What people and machines see of plans, reports and findings.

pub mod findings;
pub mod plan_json;
pub mod plan_text;
pub mod report;
pub mod text;
