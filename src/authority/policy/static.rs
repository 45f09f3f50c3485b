//! `static`: no rotation. Any refresh answers a new access token and the same refresh credential.

/// No rotation (Keycloak, Spring, Duende 7 and Google by default).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Static;
