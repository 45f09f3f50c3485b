//! The credentials of a swarm as a table: what its orgs hold at a server that is not ours.

use super::texts::Texts;
use crate::protocol::Protocol;

/// What is wrong with a table of credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// The heading lacks a column.
    #[error("the heading has no column `{0}`")]
    NoColumn(&'static str),
    /// A line has too few fields, or an empty one.
    #[error("line {line} has no `{column}`")]
    NoField {
        /// The line, from 1.
        line: usize,
        /// The column.
        column: &'static str,
    },
    /// A field is longer than any token.
    #[error("line {0} has a token of more than 65535 bytes")]
    TooLong(usize),
}

/// Reads a table: a heading, then a line an org, in the order of their numbers. Fields are parted by commas
/// and stand as they are. OAuth 2.0 needs the column `refresh_token`; OAuth 1.0a needs `oauth_token`,
/// `oauth_token_secret` and `oauth_session_handle`. Other columns are passed over.
///
/// # Errors
/// [`CredentialsError`], the first there is.
pub fn read_credentials(protocol: Protocol, text: &str) -> Result<Vec<Texts>, CredentialsError> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let heading: Vec<_> =
        lines.next().map_or("", |(_, line)| line).split(',').map(str::trim).collect();
    let column = |name: &'static str| {
        let place = heading.iter().position(|column| *column == name);
        place.map(|place| (name, place)).ok_or(CredentialsError::NoColumn(name))
    };
    let columns: Vec<_> = match protocol {
        Protocol::Oauth2 => vec![column("refresh_token")?],
        Protocol::Oauth1a => {
            let names = ["oauth_token", "oauth_token_secret", "oauth_session_handle"];
            names.into_iter().map(column).collect::<Result<_, _>>()?
        }
    };
    lines
        .map(|(line, text)| {
            let fields: Vec<_> = text.split(',').map(str::trim).collect();
            let field = |(column, place): (&'static str, usize)| {
                let field = fields.get(place).filter(|field| !field.is_empty());
                field.copied().ok_or(CredentialsError::NoField { line, column })
            };
            let wanted = columns.iter().copied().map(field).collect::<Result<Vec<_>, _>>()?;
            match wanted[..] {
                [token, secret, handle] => {
                    Texts::oauth1(token, secret, handle).ok_or(CredentialsError::TooLong(line))
                }
                _ => Ok(Texts::oauth2(wanted[0])),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_line_an_org() {
        let table = "org,refresh_token\n0, A\n\n1,B\n";
        let read = read_credentials(Protocol::Oauth2, table).unwrap();
        assert_eq!(read, [Texts::oauth2("A"), Texts::oauth2("B")]);
        let table = "oauth_session_handle,oauth_token,oauth_token_secret\nH,T,S\n";
        let read = read_credentials(Protocol::Oauth1a, table).unwrap();
        assert_eq!(read, [Texts::oauth1("T", "S", "H").unwrap()]);
        assert_eq!(read_credentials(Protocol::Oauth2, "refresh_token\n"), Ok(Vec::new()));
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        for (protocol, table, error) in [
            (Protocol::Oauth2, "", "the heading has no column `refresh_token`"),
            (Protocol::Oauth2, "a,refresh_token\n1,x\n2\n", "line 3 has no `refresh_token`"),
            (Protocol::Oauth1a, "oauth_token\n", "the heading has no column `oauth_token_secret`"),
        ] {
            assert_eq!(read_credentials(protocol, table).unwrap_err().to_string(), error);
        }
    }
}
