//! How young the traces of earlier runs are.

use super::Live;
use crate::mark;

impl Live {
    /// When the newest object was made that was read and carries the mark of this federation, by one of its names,
    /// seconds since 1970.
    ///
    /// What a run made just before it was broken off may not be in every list yet, but something that it made a little
    /// earlier is. The time is that of the id: groups and policies show no other.
    pub fn newest_trace(&self, names: &[&str]) -> Option<u64> {
        let ours = |description: &str| mark::federation_of(description).is_some_and(|name| names.contains(&name));
        let known =
            |mark: &Option<mark::UserMark>| mark.as_ref().is_some_and(|mark| names.contains(&&*mark.federation));
        let users = self.users.iter().flat_map(|users| users.marked());
        let users = users.filter(|user| known(&user.mark)).map(|user| user.id);
        let groups = self.groups.iter().flatten().flatten().flatten();
        let groups = groups.filter(|group| ours(&group.description)).map(|group| group.id);
        let apps = self.apps.iter().flatten().flatten().filter(|app| ours(app.mark_text())).map(|app| app.id);
        let policies = self.policies.iter().flatten().flatten();
        let policies = policies.filter(|policy| ours(&policy.description)).map(|policy| policy.id);
        users.chain(groups).chain(apps).chain(policies).map(|id| id.made()).max()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec;

    fn read<T: serde::de::DeserializeOwned>(objects: &[(&str, &str)]) -> Vec<T> {
        let object = |(id, description): &(&str, &str)| {
            let id = format!("{id}0000000000000000");
            serde_json::from_value(json!({"id": id, "_id": id, "description": description})).unwrap()
        };
        objects.iter().map(object).collect()
    }

    #[test]
    fn the_newest_trace_is_of_this_federation_whatever_carries_it() {
        let text = "federation: acme-to-beta
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
people: {from: {groups: [A]}}
";
        let mut live = Live::new(&spec::parse(text).spec.unwrap());
        let mark = "managed by fedctl: acme-to-beta/";
        assert_eq!(live.newest_trace(&["acme-to-beta"]), None);
        live.groups = [Some(Ok(read(&[("00000009", "by hand"), ("00000001", &format!("{mark}access-group"))]))), None];
        assert_eq!(live.newest_trace(&["acme-to-beta"]), Some(1));
        live.apps = Some(Ok(read(&[("00000002", &format!("for all\n{mark}app")), ("00000009", "")])));
        assert_eq!(live.newest_trace(&["acme-to-beta"]), Some(2));
        live.policies = Some(Ok(read(&[("00000003", &format!("{mark}policy"))])));
        assert_eq!(live.newest_trace(&["acme-to-beta"]), Some(3));
        let user = |id: &str, federation: &str| {
            let mark = format!("{federation}/61aa0d3e9b1e8a0001a1b2c3/created");
            json!({"_id": format!("{id}0000000000000000"), "attributes": [{"name": "fedctl", "value": mark}]})
        };
        let users = json!({"results": [user("00000004", "acme-to-beta"), user("00000009", "acme-to-beta-2")]});
        live.users[1].feed(users.to_string().as_bytes(), "").unwrap();
        live.users[1].end(&crate::live::Scope::Everybody);
        assert_eq!(live.newest_trace(&["acme-to-beta"]), Some(4));
    }
}
