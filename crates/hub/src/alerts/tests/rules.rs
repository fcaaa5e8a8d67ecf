//! From what rules say to alerts.

use mission_control_protocol::{
    DashboardId, alert::AlertTransition, limits::RULE_ALERTS_PER_MINUTE, operator_wire::OperatorRequest,
};
use mission_control_store::{
    Projection,
    rules::{RuleStep, RuleSubject},
};

use super::{
    super::manager::{HUB, Manager, Step},
    Bench, at, id, transitions,
};

fn rule_step(which: usize, holds: bool) -> RuleStep {
    let rule = Manager::new(&Projection::default(), DashboardId::new(HUB).unwrap())
        .policies()
        .rule(&"data-quality-low".parse().unwrap())
        .unwrap()
        .rule
        .clone();
    RuleStep {
        at: at(0),
        rule: rule.into(),
        subject: RuleSubject::Dashboard(DashboardId::new(&format!("fleet-{which}")).unwrap()),
        holds,
        value: Some(61.25),
        aspect: None,
    }
}

impl Bench {
    fn rule(&mut self, which: usize, holds: bool, now: i64) -> Vec<Step> {
        self.next += 1;
        let steps = self.manager.rule_step(&rule_step(which, holds), id(self.next), at(now));
        self.keep(&steps, now);
        steps
    }

    fn tell(&mut self, now: i64) -> Vec<Step> {
        self.next += 1;
        let next = self.next;
        let steps = self.manager.tell_collapsed(at(now), || id(next));
        self.keep(&steps, now);
        steps
    }
}

#[test]
fn what_a_rule_says_becomes_an_alert_that_tells_why() {
    let mut bench = Bench::new();
    assert_eq!(transitions(&bench.rule(1, true, 1)), [AlertTransition::Raised]);
    let alert = bench.folded.alerts.get(&id(1)).unwrap();
    assert_eq!(alert.rule(), Some("data-quality-low"));
    assert_eq!(alert.label("source"), Some("rule"));
    assert_eq!(alert.alert.alert.message, "data.dataQuality is 61.25 %, below 70 % for 5 min.");
    assert_eq!(alert.alert.alert.actions[0].action, "REINGEST_DATA");
    assert_eq!(alert.alert.context["threshold"], 70.0);
    let rule = bench.folded.alert_policies.rule(&"data-quality-low".parse().unwrap()).unwrap();
    assert_eq!(rule.raised, 1);
    // A rule that is switched off takes its alerts with it, and says nothing more.
    let off = OperatorRequest::EnableRule { rule_id: "data-quality-low".parse().unwrap(), enabled: false };
    assert_eq!(transitions(&bench.ask(off, 2).unwrap()), [AlertTransition::Resolved]);
    assert_eq!(bench.rule(2, true, 3), []);
    assert_eq!(bench.rule(1, false, 4), []);
}

#[test]
fn a_rule_that_fires_on_everything_is_told_by_one_alert_with_exact_counts() {
    let mut bench = Bench::new();
    let raised: usize = (0..1_000).map(|which| bench.rule(which, true, which as i64).len()).sum();
    assert_eq!(raised, RULE_ALERTS_PER_MINUTE);
    let told = bench.tell(1_000);
    assert_eq!(transitions(&told), [AlertTransition::Raised]);
    assert_eq!(bench.tell(2_000), []);
    let summary =
        bench.folded.alerts.open().find(|alert| alert.label("collapsed").is_some()).unwrap().clone();
    assert!(summary.alert.alert.message.contains("stands for 980 further ones, of which 980 still hold"));
    // Those that are told by themselves end by themselves; the others are counted down.
    assert_eq!(transitions(&bench.rule(0, false, 3_000)), [AlertTransition::Resolved]);
    for which in 20..999 {
        assert_eq!(bench.rule(which, false, 4_000), []);
    }
    assert_eq!(transitions(&bench.tell(5_000)), [AlertTransition::Repeated]);
    bench.rule(999, false, 6_000);
    assert_eq!(transitions(&bench.tell(7_000)), [AlertTransition::Resolved]);
    // A minute later it may raise again.
    assert_eq!(transitions(&bench.rule(5_000, true, 70_000)), [AlertTransition::Raised]);
    // A hub that starts anew does not know what stood behind a summary.
    for which in 6_000..6_100 {
        bench.rule(which, true, 200_000);
    }
    bench.tell(201_000);
    let mut again = Manager::new(&bench.folded, DashboardId::new(HUB).unwrap());
    assert_eq!(transitions(&again.tell_collapsed(at(202_000), || id(0))), [AlertTransition::Resolved]);
}
