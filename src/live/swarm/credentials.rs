//! The credentials of a swarm as a table: what its orgs hold at a server that is not ours.

use super::texts::Texts;
use crate::base::rows::{Row, Rows};
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
    /// A field holds what no token does.
    #[error(
        "line {line}, `{column}`: a token has no quotes, line breaks or other control characters; \
         quotes open a field at its first character and end at its last"
    )]
    NoToken {
        /// The line, from 1.
        line: usize,
        /// The column.
        column: &'static str,
    },
    /// A field is longer than any token.
    #[error("line {0} has a token of more than 65535 bytes")]
    TooLong(usize),
}

/// Reads a table: a heading, then a line an org, in the order of their numbers. It is CSV as
/// RFC 4180 has it. OAuth 2.0 needs the column `refresh_token`; OAuth 1.0a needs `oauth_token`,
/// `oauth_token_secret` and `oauth_session_handle`. Other columns are passed over.
///
/// # Errors
/// [`CredentialsError`], the first there is.
pub fn read_credentials(protocol: Protocol, text: &str) -> Result<Vec<Texts>, CredentialsError> {
    let rows = Rows::of(text);
    let column = |name: &'static str| {
        let place = rows.heading().column(name);
        place.map(|place| (name, place)).ok_or(CredentialsError::NoColumn(name))
    };
    let columns: Vec<_> = match protocol {
        Protocol::Oauth2 => vec![column("refresh_token")?],
        Protocol::Oauth1a => {
            let names = ["oauth_token", "oauth_token_secret", "oauth_session_handle"];
            names.into_iter().map(column).collect::<Result<_, _>>()?
        }
    };
    rows.map(|row| {
        let wanted = columns.iter().map(|column| token(&row, *column));
        match wanted.collect::<Result<Vec<_>, _>>()?[..] {
            [token, secret, handle] => {
                Texts::oauth1(token, secret, handle).ok_or(CredentialsError::TooLong(row.line()))
            }
            [token, ..] => Ok(Texts::oauth2(token)),
            [] => Err(CredentialsError::NoColumn("refresh_token")),
        }
    })
    .collect()
}

/// What stands in a column, spaces around it aside.
fn token<'r>(
    row: &'r Row,
    (column, place): (&'static str, usize),
) -> Result<&'r str, CredentialsError> {
    let line = row.line();
    let token = row.get(place).map(str::trim).filter(|token| !token.is_empty());
    let token = token.ok_or(CredentialsError::NoField { line, column })?;
    if token.contains(|letter: char| letter == '"' || letter.is_control()) {
        return Err(CredentialsError::NoToken { line, column });
    }
    Ok(token)
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
        let table = "\u{feff}\"refresh_token\",note\r\n\"a,b\",\"two\nlines\"\r\n\"c\",\r\n";
        let read = read_credentials(Protocol::Oauth2, table).unwrap();
        assert_eq!(read, [Texts::oauth2("a,b"), Texts::oauth2("c")]);
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        for (protocol, table, error) in [
            (Protocol::Oauth2, "", "the heading has no column `refresh_token`"),
            (Protocol::Oauth2, "a,refresh_token\n1,x\n2\n", "line 3 has no `refresh_token`"),
            (
                Protocol::Oauth2,
                "org,refresh_token\n0, \"x\"\n",
                "line 2, `refresh_token`: a token has no quotes, line breaks or other control \
                 characters; quotes open a field at its first character and end at its last",
            ),
            (Protocol::Oauth1a, "oauth_token\n", "the heading has no column `oauth_token_secret`"),
        ] {
            assert_eq!(read_credentials(protocol, table).unwrap_err().to_string(), error);
        }
    }
}
