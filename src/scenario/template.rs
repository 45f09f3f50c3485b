//! A commented scenario to start from.

use super::finding::nearest;

/// There is no such preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no policy preset `{found}`{}", self.suggestion())]
pub struct TemplateError {
    /// The name that was asked for.
    pub found: String,
    /// The preset that was probably meant.
    pub near: Option<&'static str>,
}

impl TemplateError {
    fn suggestion(&self) -> String {
        self.near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
    }
}

/// The policy of the template unless another is asked for.
const POLICY: &str = "xero-2018";

/// A scenario that shows every common key, with the policy preset `preset`.
///
/// # Errors
/// [`TemplateError`] if there is no such preset.
pub fn template(preset: Option<&str>) -> Result<String, TemplateError> {
    let policy = preset.unwrap_or(POLICY);
    if crate::authority::preset::find(policy).is_none() {
        let names: Vec<&'static str> =
            crate::authority::preset::all().iter().map(|preset| preset.name).collect();
        return Err(TemplateError { found: policy.to_owned(), near: nearest(policy, &names) });
    }
    Ok(include_str!("template.yaml").replace("POLICY", policy))
}
