//! Bodies of Xero's API beside the token endpoint: an access token that has expired, or is none.

use jiff::Timestamp;

/// The 401 body for an access token that expired at this moment, in seconds of Unix time, as
/// recorded by Xeroizer (`expired_oauth2_token.json`). `instance` is any number; it is shown as a
/// UUID.
pub fn token_expired(expired_at_unix_s: i64, instance: u128) -> String {
    let when = Timestamp::from_second(expired_at_unix_s).unwrap_or(Timestamp::UNIX_EPOCH);
    let detail = format!("TokenExpired: token expired at {}", when.strftime("%m/%d/%Y %H:%M:%S"));
    problem("Unauthorized", 401, &detail, instance)
}

/// The 401 body for an access token that is not valid (`invalid_oauth2_request_token.json`).
pub fn authentication_unsuccessful(instance: u128) -> String {
    problem("Unauthorized", 401, "AuthenticationUnsuccessful", instance)
}

/// The 429 body. No recorded one is known, so its shape is assumed from its siblings; clients read
/// the headers `Retry-After` and `X-Rate-Limit-Problem`.
pub fn throttled(instance: u128) -> String {
    problem("Too Many Requests", 429, "RateLimitExceeded", instance)
}

fn problem(title: &str, status: u16, detail: &str, instance: u128) -> String {
    let mut uuid = format!("{instance:032x}");
    for place in [8, 13, 18, 23] {
        uuid.insert(place, '-');
    }
    format!(
        "{{\"Title\":\"{title}\",\"Status\":{status},\"Detail\":\"{detail}\",\
         \"Instance\":\"{uuid}\"}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_those_that_were_recorded() {
        assert_eq!(
            token_expired(1_579_803_676, 0xeac0_fd6e_8d19_4bae_8121_cb7f_7549_ec67),
            "{\"Title\":\"Unauthorized\",\"Status\":401,\
             \"Detail\":\"TokenExpired: token expired at 01/23/2020 18:21:16\",\
             \"Instance\":\"eac0fd6e-8d19-4bae-8121-cb7f7549ec67\"}"
        );
        assert!(authentication_unsuccessful(7).contains("\"AuthenticationUnsuccessful\""));
        assert!(throttled(0).contains("\"Status\":429"));
        assert!(token_expired(i64::MAX, 0).contains("01/01/1970"));
    }
}
