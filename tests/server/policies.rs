//! Policies and amnesties, as they show on the wire.

use amnesty::authority::{Amnesty, AmnestyReply};
use amnesty::base::{SimDuration, SimTime};
use amnesty::fault::SeenAs;
use amnesty::live::grants::{ByHand, Order};
use amnesty::measure::OrgState;
use amnesty::protocol::TokenKind;

use crate::client::{Asked, Broke};
use crate::house::{House, Plan};

const TERMS: Amnesty = Amnesty {
    from: SimTime::ZERO,
    until: SimTime::NEVER,
    announced: SimTime::ZERO,
    stagger: SimDuration::ZERO,
    reply: AmnestyReply::CurrentPair,
    unrevoke: false,
};

fn turn(house: &House, turn: ByHand, terms: Amnesty, scope: Option<&[String]>) {
    let now = house.site.now();
    house.site.grants().turn_amnesty(turn, (terms, scope), now).unwrap();
}

fn state(house: &House, org: u32) -> OrgState {
    let now = house.site.now();
    house.site.grants().state(org, now).unwrap()
}

/// The story of March 2018 on the wire, in the protocol of its day: an answer is lost after its commit,
/// the stale token is refused with its signature intact, and an amnesty makes it good.
#[test]
fn an_amnesty_takes_a_stale_token() {
    Plan::new().visit(async |house| {
        house.order(0, Order::LoseAnswer(SeenAs::Reset));
        assert_eq!(house.ask(&house.renewal(0, 0)).await.broke, Some(Broke::Reset));
        assert_eq!(house.ask(&house.renewal(0, 0)).await.status, 401);
        assert_eq!(state(&house, 0), OrgState::Stale);
        turn(&house, ByHand::Start, TERMS, Some(&["small".to_owned()]));
        assert_eq!(house.ask(&house.renewal(0, 0)).await.status, 401, "bigco is out of scope");
        turn(&house, ByHand::Start, TERMS, None);
        let got = house.ask(&house.renewal(0, 0)).await;
        let current = house.token(TokenKind::Access, 0, 0, 1);
        assert_eq!(
            (got.status, got.field("oauth_token")),
            (200, current),
            "the pair of the lost answer"
        );
        assert_eq!(house.ask(&house.renewal(0, 0)).await.status, 200);
        turn(&house, ByHand::End, TERMS, None);
        assert_eq!(house.ask(&house.renewal(0, 0)).await.status, 401);
        assert_eq!(house.ask(&house.renewal(0, 1)).await.status, 200);
        assert_eq!(state(&house, 0), OrgState::Connected);
    });
}

#[test]
fn an_amnesty_may_answer_with_a_new_pair() {
    Plan::new().visit(async |house| {
        house.ask(&house.refresh(0, 0)).await;
        turn(&house, ByHand::Start, Amnesty { reply: AmnestyReply::NewPair, ..TERMS }, None);
        let got = house.ask(&house.refresh(0, 0)).await;
        assert_eq!(got.text("refresh_token"), house.token(TokenKind::Refresh, 0, 0, 2));
    });
}

#[test]
fn reuse_revokes_the_family() {
    let strict = "server.policy={ strict: { on_reuse: revoke_family } }";
    Plan::new().set(strict).visit(async |house| {
        assert_eq!(house.ask(&house.refresh(0, 0)).await.status, 200);
        assert_eq!(house.ask(&house.refresh(0, 0)).await.status, 400);
        // Even the newest is dead now, and so is its access token.
        let dead = house.ask(&house.refresh(0, 1)).await;
        dead.expect(400, r#"{"error":"invalid_grant"}"#);
        let advice = "The%20access%20token%20has%20not%20been%20authorized%2C%20or%20has%20been%20\
                      revoked%20by%20the%20user";
        let revoked = format!("oauth_problem=token_rejected&oauth_problem_advice={advice}");
        house.ask(&house.renewal(0, 1)).await.expect(401, &revoked);
        let token = house.token(TokenKind::Access, 0, 0, 1);
        let call = Asked::get(format!("/api/organisation?oauth_token={token}"));
        house.ask(&call).await.expect(401, &revoked);
        assert_eq!(state(&house, 0), OrgState::Revoked);
        // Only an amnesty that revives takes it back.
        turn(&house, ByHand::Start, TERMS, None);
        assert_eq!(house.ask(&house.refresh(0, 1)).await.status, 400);
        turn(&house, ByHand::Start, Amnesty { unrevoke: true, ..TERMS }, None);
        assert_eq!(house.ask(&house.refresh(0, 1)).await.status, 200);
        assert_eq!(house.ask(&call).await.status, 200);
    });
}

#[test]
fn a_static_server_keeps_its_refresh_token() {
    Plan::new().set("server.policy=static").visit(async |house| {
        let kept = house.token(TokenKind::Refresh, 0, 0, 0);
        for _ in 0..3 {
            let got = house.ask(&house.refresh(0, 0)).await;
            assert_eq!((got.status, got.text("refresh_token")), (200, kept.clone()));
        }
        assert_eq!(house.newest(0), 0);
    });
}

#[test]
fn a_grace_window_answers_with_the_same_pair() {
    let grace = "server.policy={ grace: { window: 30m, reply: same_pair } }";
    Plan::new().set(grace).visit(async |house| {
        let first = house.ask(&house.refresh(0, 0)).await;
        let second = house.ask(&house.refresh(0, 0)).await;
        assert_eq!((first.status, first.body), (200, second.body));
    });
}

#[test]
fn an_api_call_confirms_a_token() {
    let policy = "server.policy={ commit_on_use: { confirm_by: access_use } }";
    let plan = Plan::new().set(policy).set("server.old_access_token=lives_to_expiry");
    plan.visit(async |house| {
        let first = house.ask(&house.refresh(0, 0)).await;
        assert_eq!(house.ask(&house.refresh(0, 0)).await.status, 200, "nothing has arrived yet");
        let bearer = format!("Bearer {}", first.text("access_token"));
        let call = Asked::get("/api/organisation").header("Authorization", bearer);
        assert_eq!(house.ask(&call).await.status, 200);
        assert_eq!(house.ask(&house.refresh(0, 0)).await.status, 400, "it has");
    });
}

#[test]
fn a_session_ends() {
    let plan = Plan::new().set("server.session_lifetime=1s").scale("1000000");
    plan.visit(async |house| {
        house.wait_until(SimTime::ZERO + SimDuration::from_secs(1)).await;
        assert_eq!(house.ask(&house.refresh(0, 0)).await.status, 400);
        let got = house.ask(&house.renewal(1, 0)).await;
        assert!(got.status == 401 && got.body.contains("has%20not%20been%20authorized"));
    });
}

#[test]
fn a_strangers_org_is_counted_by_what_it_presents() {
    Plan::new().visit(async |house| {
        house.order(0, Order::LoseAnswer(SeenAs::Reset));
        house.ask(&house.refresh(0, 0)).await;
        assert_eq!(state(&house, 0), OrgState::Stale);
        // It had the answer after all: who presents a token holds it.
        assert_eq!(house.ask(&house.refresh(0, 1)).await.status, 200);
        assert_eq!(state(&house, 0), OrgState::Connected);
    });
}

/// Our own swarm names its attempts, so that they meet the fates of virtual time.
#[test]
fn an_attempt_may_have_a_name() {
    Plan::new().visit(async |house| {
        let asked = house.refresh(0, 0).header("amnesty-attempt", "7.2");
        assert_eq!(house.ask(&asked).await.status, 200);
        house.settle(1).await;
        let attempt = house.last_line().attempt;
        assert_eq!((attempt.refresh, attempt.attempt), (7, 2));
        house.ask(&house.refresh(0, 1).header("amnesty-attempt", "x")).await;
        house.settle(2).await;
        let attempt = house.last_line().attempt;
        assert_eq!((attempt.refresh, attempt.attempt), (1, 0), "the first that gave no name");
    });
}
