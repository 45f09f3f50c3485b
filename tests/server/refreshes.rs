//! Refreshes, calm ones first.

use crate::client::Asked;
use crate::house::Plan;

#[test]
fn a_refresh_rotates_and_its_token_works() {
    Plan::new().visit(async |house| {
        let mut line = house.line().await;
        let first = line.ask(&house.refresh(1, 0)).await;
        assert_eq!(first.status, 200);
        assert_eq!(first.json("expires_in"), 1_800);
        let call = Asked::get("/api/organisation");
        let call = call.header("Authorization", format!("Bearer {}", first.text("access_token")));
        let resource = line.ask(&call).await;
        assert_eq!((resource.status, resource.text("cohort")), (200, "bigco".to_owned()));
        line.ask(&house.refresh(1, 0)).await.expect(400, r#"{"error":"invalid_grant"}"#);
        assert_eq!(house.newest(1), 1);
    });
}
