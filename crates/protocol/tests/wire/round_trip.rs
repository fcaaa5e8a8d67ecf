//! Every message survives JSON, and satisfies its schema.

use std::sync::LazyLock;

use mission_control_protocol::{
    dashboard_wire::{DashboardMessage, HubMessage},
    operator_wire::{ConsoleMessage, OperatorMessage},
    schemas,
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use crate::strategies;

fn survives<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    message: &T,
    validator: &jsonschema::Validator,
) -> Result<(), TestCaseError> {
    let text = serde_json::to_string(message).unwrap();
    prop_assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), message);
    let value = serde_json::from_str(&text).unwrap();
    let problems: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    prop_assert!(problems.is_empty(), "{problems:?}");
    Ok(())
}

fn validator(name: &str) -> jsonschema::Validator {
    let (_, schema) = schemas::all().into_iter().find(|(known, _)| *known == name).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

macro_rules! round_trip {
    ($test:ident, $type:ident, $strategy:path) => {
        #[test]
        fn $test() {
            static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| validator(stringify!($type)));
            proptest!(|(message in $strategy())| {
                survives::<$type>(&message, &VALIDATOR)?;
            });
        }
    };
}

round_trip!(dashboard_messages_survive_json, DashboardMessage, strategies::dashboard_message);
round_trip!(hub_messages_survive_json, HubMessage, strategies::hub_message);
round_trip!(operator_messages_survive_json, OperatorMessage, strategies::operator_message);
round_trip!(console_messages_survive_json, ConsoleMessage, strategies::console_message);

#[test]
fn large_numbers_keep_every_digit() {
    let seq = (1_u64 << 53) + 1;
    let text = serde_json::to_string(&HubMessage::Ack { seq }).unwrap();
    assert_eq!(serde_json::from_str::<HubMessage>(&text).unwrap(), HubMessage::Ack { seq });
}
