//! Whether a server can be used at all.

use redis::{ErrorKind, ServerErrorKind, aio::MultiplexedConnection, cmd};

use super::{config::RedisConfig, error::Fault, keys};
use crate::log::store::StoreError;

/// The oldest version that has what the scripts use.
const VERSION: (u32, u32) = (6, 2);

/// Looks at a server that has just been connected to, and gives what is worth a warning.
pub(super) async fn check(
    connection: &mut MultiplexedConnection,
    config: &RedisConfig,
) -> Result<Vec<&'static str>, Fault> {
    let info: Result<String, _> = cmd("INFO").query_async(connection).await;
    let warnings = match info {
        Ok(info) => judge(&info)?,
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm) => vec![
            "the user of Redis may not call INFO, and so nobody has checked `maxmemory-policy` \
             (it must be noeviction), the version (6.2 or later) and `appendonly`",
        ],
        Err(error) => return Err(error.into()),
    };
    check_shards(connection, config).await?;
    Ok(warnings)
}

/// Channels lie where the number of shards says: two processes with two numbers would not see
/// each other's events.
async fn check_shards(
    connection: &mut MultiplexedConnection,
    config: &RedisConfig,
) -> Result<(), Fault> {
    let key = keys::shards(&config.namespace);
    let set = cmd("SET").arg(&key).arg(config.shards).arg("NX").exec_async(connection).await;
    if let Err(error) = set {
        match Fault::from(error) {
            // What can be read is still read.
            Fault::Refused(StoreError::Full | StoreError::ReadOnly(_)) => {}
            fault => return Err(fault),
        }
    }
    let there: Option<u16> = cmd("GET").arg(&key).query_async(connection).await?;
    match there {
        Some(there) if there != config.shards => {
            Err(Fault::Refused(StoreError::Unusable(format!(
                "the namespace `{}` has {there} shards there, and {} here: say `shards({there})`, or \
             take another namespace",
                config.namespace, config.shards
            ))))
        }
        _ => Ok(()),
    }
}

fn judge(info: &str) -> Result<Vec<&'static str>, Fault> {
    let value = |key: &str| {
        info.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':').map(str::trim))
    };
    let unusable = |why: String| Err(Fault::Refused(StoreError::Unusable(why)));
    if value("loading") == Some("1") {
        return Err(Fault::NotNow("Redis is reading its files".into()));
    }
    let version = value("redis_version").unwrap_or_default();
    if parse(version).is_some_and(|version| version < VERSION) {
        return unusable(format!(
            "Redis is version {version}: the store needs {}.{} or later",
            VERSION.0, VERSION.1
        ));
    }
    if value("redis_mode") == Some("cluster") {
        return unusable("Redis Cluster is not supported: give the address of one server".into());
    }
    let mut warnings = Vec::new();
    match value("maxmemory_policy") {
        Some("noeviction") => {}
        Some(policy) => {
            return unusable(format!(
                "the `maxmemory-policy` of Redis is {policy}, which throws events away when memory \
                 is short: set `maxmemory-policy noeviction`"
            ));
        }
        None => warnings.push("Redis does not say its `maxmemory-policy`: it must be noeviction"),
    }
    if value("aof_enabled") == Some("0") {
        warnings.push(
            "Redis keeps no append-only file, and loses what was published since its last snapshot \
             when it dies: readers are then told `reset`. Set `appendonly yes`",
        );
    }
    Ok(warnings)
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(fault: Fault) -> String {
        fault.into_error().to_string()
    }

    #[test]
    fn a_good_server_needs_no_word() {
        let info = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nloading:0\r\n\
                    aof_enabled:1\r\nmaxmemory_policy:noeviction\r\n";
        assert_eq!(judge(info), Ok(Vec::new()));
    }

    #[test]
    fn what_cannot_be_used_says_what_to_set() {
        let evicts = judge("redis_version:6.2.0\r\nmaxmemory_policy:allkeys-lru\r\n");
        assert!(said(evicts.unwrap_err()).contains("set `maxmemory-policy noeviction`"));
        let old = judge("redis_version:6.0.16\r\nmaxmemory_policy:noeviction\r\n");
        assert!(said(old.unwrap_err()).contains("6.2 or later"));
        let loads = judge("redis_version:7.0.15\r\nloading:1\r\n");
        assert!(matches!(loads, Err(Fault::NotNow(_))));
    }

    #[test]
    fn without_an_append_only_file_there_is_a_warning() {
        let info = "redis_version:8.0.1\r\naof_enabled:0\r\nmaxmemory_policy:noeviction\r\n";
        assert_eq!(judge(info).unwrap().len(), 1);
        assert_eq!(judge("redis_version:10.0.1\r\naof_enabled:1\r\n").unwrap().len(), 1);
    }
}
