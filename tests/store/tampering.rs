//! Somebody who can write to the database but has no key: whatever they do to the audit is found beside a signed checkpoint,
//! and all but a cut-off end without one.

use attest::domain::record::{Instant, RecordId};
use attest::exchange::seed;
use attest::keys::cipher::Key;
use attest::keys::keyring::{Keyring, Place};
use attest::store::accounts;
use attest::store::backend::Conn;
use attest::store::chain::{self, Verdict};
use attest::store::checkpoint::{Checkpoint, SignedBy};
use attest::store::database::Store;
use attest::store::schema::{audit_entries, chain_head, instance_marks};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Backend, Home, on_both};

on_both! {
    bare:
    eight_kinds_of_tampering_in_fifty_cases_each_are_found,
    a_checkpoint_that_was_changed_or_is_anothers_does_not_hold,
}

const CASES: usize = 50;
/// How many entries are made before the keyring is installed, and after.
const WRITES: usize = 20;

#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_entries, treat_none_as_default_value = false)]
struct Line {
    write: i64,
    written_at: Instant,
    account_id: RecordId,
    action: String,
    details: String,
    algorithm: String,
    key_id: Option<String>,
    previous_hash: String,
    hash: String,
}

impl Line {
    fn digest(&self, key: Option<&Key>) -> String {
        let (account, micros) = (self.account_id.to_string(), self.written_at.0.timestamp_micros());
        let form = (&self.algorithm, &self.key_id, &self.previous_hash);
        let words = json!([form.0, form.1, form.2, self.write, micros, account, self.action, self.details]).to_string();
        match key {
            Some(key) => chain::hex(&key.mac(words.as_bytes())),
            None => chain::hex(&Sha256::digest(words)),
        }
    }
}

/// SplitMix64: the same cases every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }
}

/// A chain with some entries from before there was a keyring, and some from since.
fn chain_of(home: &Home, place: &Place) -> Store {
    let store = home.open_locked();
    seed::install(&store).unwrap();
    let write = |at: usize| {
        store.write(&accounts::host(), "test", move |tx| {
            tx.note("at", at);
            Ok(())
        })
    };
    (0..WRITES).for_each(|at| write(at).unwrap());
    let (keyring, _) = Keyring::create(place).unwrap();
    store.unlock(keyring).unwrap();
    (0..WRITES).for_each(|at| write(at).unwrap());
    store
}

/// A connection of somebody whom no constraint holds.
fn attacker(home: &Home) -> Conn {
    let mut conn = home.connect();
    let free = match home.backend {
        Backend::Sqlite => "PRAGMA foreign_keys = OFF",
        Backend::Postgres => "SET session_replication_role = replica",
    };
    conn.batch_execute(free).unwrap();
    conn
}

fn lines(conn: &mut Conn) -> Vec<Line> {
    audit_entries::table.order(audit_entries::write).select(Line::as_select()).load(conn).unwrap()
}

/// Puts these lines in the place of all, with a head that goes with the last.
fn put(conn: &mut Conn, lines: &[Line], mend: bool) {
    let before = self::lines(conn);
    for gone in before.iter().filter(|line| !lines.contains(line)) {
        diesel::delete(audit_entries::table.find(gone.write)).execute(conn).unwrap();
    }
    for line in lines.iter().filter(|line| !before.contains(line)) {
        diesel::insert_into(audit_entries::table).values(line).execute(conn).unwrap();
    }
    if mend {
        let (write, at, hash) = lines.last().map_or_else(
            || (0, Instant::new(chrono::DateTime::UNIX_EPOCH), "0".repeat(64)),
            |last| (last.write, last.written_at, last.hash.clone()),
        );
        let head = (chain_head::write.eq(write), chain_head::written_at.eq(at), chain_head::hash.eq(hash));
        diesel::update(chain_head::table.find(1)).set(head).execute(conn).unwrap();
    }
}

/// What an attacker does, who knows the form of the chain and has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Edit,
    Flip,
    Delete,
    Insert,
    Swap,
    Truncate,
    Recompute,
    Replace,
}

const KINDS: [Kind; 8] =
    [Kind::Edit, Kind::Flip, Kind::Delete, Kind::Insert, Kind::Swap, Kind::Truncate, Kind::Recompute, Kind::Replace];

/// Numbers the entries from a place on and links each to the one before.
fn relink(lines: &mut [Line], from: usize, mut digest: impl FnMut(&Line) -> String) {
    for at in from..lines.len() {
        lines[at].write = at as i64 + 1;
        lines[at].previous_hash = if at == 0 { "0".repeat(64) } else { lines[at - 1].hash.clone() };
        lines[at].hash = digest(&lines[at]);
    }
}

fn flip(text: &mut String, dice: &mut Dice, hexadecimal: bool) {
    let at = dice.below(text.len());
    let mut bytes = text.clone().into_bytes();
    let other = if hexadecimal { b"0123456789abcdef"[dice.below(16)] } else { bytes[at] ^ (1 << dice.below(6)) };
    bytes[at] = if other == bytes[at] { if other == b'0' { b'1' } else { b'0' } } else { other };
    *text = String::from_utf8(bytes).unwrap();
}

fn edit(line: &mut Line, dice: &mut Dice) {
    match dice.below(8) {
        0 => line.action.push_str(".not"),
        1 => line.details = json!({"at": dice.roll()}).to_string(),
        2 => line.account_id = RecordId::new(),
        3 => line.written_at = Instant::new(line.written_at.0 + chrono::TimeDelta::microseconds(1)),
        4 => line.algorithm = if line.algorithm == "sha256" { "hmac-sha256" } else { "sha256" }.to_owned(),
        5 => line.key_id = if line.key_id.is_some() { None } else { Some("00000000".to_owned()) },
        6 => line.previous_hash = line.hash.clone(),
        _ => line.hash = line.previous_hash.clone(),
    }
}

/// Does one case to the database, and gives what is true of it.
fn tamper(conn: &mut Conn, kind: Kind, dice: &mut Dice, other: &(Vec<Line>, String)) {
    let mut all = lines(conn);
    let before = all.clone();
    let at = dice.below(all.len());
    match kind {
        Kind::Edit => edit(&mut all[at], dice),
        Kind::Flip if dice.below(2) == 0 => flip(&mut all[at].hash, dice, true),
        Kind::Flip => flip(&mut all[at].details, dice, false),
        // Without the last one it would be a cut-off end.
        Kind::Delete => drop(all.remove(at % (before.len() - 1))),
        Kind::Insert => {
            let mut new = all[at].clone();
            new.details = json!({"at": dice.roll()}).to_string();
            all.insert(at, new);
            // The hashes of what comes after are left as they are, or computed without a key.
            let kept: Vec<_> = all.iter().map(|line| line.hash.clone()).collect();
            let keep = dice.below(2) == 0;
            relink(&mut all, at, |line| if keep { kept[line.write as usize - 1].clone() } else { line.digest(None) });
        }
        Kind::Swap => {
            let with = (at + 1 + dice.below(all.len() - 1)) % all.len();
            all.swap(at, with);
            (all[at].write, all[with].write) = (all[with].write, all[at].write);
        }
        Kind::Truncate => all.truncate(at),
        Kind::Recompute => {
            all[at].details = json!({"at": dice.roll()}).to_string();
            let (made_up, own) = (Key::random().unwrap(), before.last().unwrap().key_id.clone());
            let way = dice.below(3);
            for line in &mut all[at..] {
                (line.algorithm, line.key_id) = match way {
                    0 => ("sha256".to_owned(), None),
                    1 => ("hmac-sha256".to_owned(), own.clone()),
                    _ => ("hmac-sha256".to_owned(), Some("00000000".to_owned())),
                };
            }
            relink(&mut all, at, |line| line.digest((way > 0).then_some(&made_up)));
            if way == 0 && dice.below(2) == 0 {
                // As if there never had been a keyring.
                diesel::delete(instance_marks::table.find("keyring")).execute(conn).unwrap();
            }
        }
        Kind::Replace => {
            all = other.0.clone();
            let mark = diesel::update(instance_marks::table.find("keyring")).set(instance_marks::value.eq(&other.1));
            // The note of the keyring goes with the chain, or stays.
            if dice.below(2) == 0 {
                mark.execute(conn).unwrap();
            }
        }
    }
    assert_ne!(all, before, "{kind:?} changed nothing");
    put(conn, &all, !matches!(kind, Kind::Delete if dice.below(2) == 0));
}

fn eight_kinds_of_tampering_in_fifty_cases_each_are_found(home: &Home) {
    let [own, other] = [Home::blank(home.backend), Home::blank(home.backend)];
    let store = chain_of(&own, &own.keys());
    let foreign = chain_of(&other, &other.keys());
    let foreign = (lines(&mut other.connect()), foreign.keys().unwrap().id().to_string());
    let keys = store.keys().unwrap();
    let mut conn = attacker(&own);
    let verdict = |conn: &mut Conn| chain::verify(conn, Some(&keys), |_, _| {}).unwrap();
    let Verdict::Intact { entries, hash, keyed: true } = verdict(&mut conn) else { panic!("intact at first") };
    let installed = lines(&mut conn).iter().position(|line| line.action == "keyring.install").unwrap() as i64 + 1;
    assert!(installed > WRITES as i64 && entries - installed == WRITES as i64, "{installed} of {entries}");
    let checkpoint = Checkpoint::sign(&keys, entries, &hash, store.now()).unwrap();
    let mut dice = Dice(20_261_122);
    let mut unseen = Vec::new();
    for kind in KINDS {
        for case in 0..CASES {
            conn.batch_execute("BEGIN").unwrap();
            tamper(&mut conn, kind, &mut dice, &foreign);
            let seen = !matches!(verdict(&mut conn), Verdict::Intact { .. });
            let signed = checkpoint.check(&mut conn, Some(&keys)).unwrap();
            let left = lines(&mut conn).len() as i64;
            conn.batch_execute("ROLLBACK").unwrap();
            assert!(seen || signed.is_err(), "{kind:?} {case} was not found");
            if !seen {
                unseen.push((kind, left));
            }
        }
    }
    // The control: without the checkpoint a cut-off end is not seen, and nothing else goes unseen.
    let cut = unseen.len();
    assert!(cut > CASES / 4, "{cut}");
    assert!(unseen.iter().all(|(kind, left)| *kind == Kind::Truncate && *left >= installed), "{unseen:?}");
    // And what was done was taken back each time: nothing was found because of the case before.
    assert!(matches!(verdict(&mut conn), Verdict::Intact { .. }));
    assert_eq!(checkpoint.check(&mut conn, Some(&keys)).unwrap(), Ok(SignedBy::Keyring));
}

fn a_checkpoint_that_was_changed_or_is_anothers_does_not_hold(home: &Home) {
    let store = home.open();
    let keys = store.keys().unwrap();
    let (write, hash) = match store.look(|conn| chain::verify(conn, Some(&keys), |_, _| {})).unwrap() {
        Verdict::Intact { entries, hash, .. } => (entries, hash),
        other => panic!("{other:?}"),
    };
    let good = Checkpoint::sign(&keys, write, &hash, store.now()).unwrap();
    let text = good.to_json();
    let read = |text: &str| Checkpoint::from_json(text.as_bytes());
    assert_eq!(read(&text).unwrap(), good);
    let check = |checkpoint: &Checkpoint, keys| store.look(|conn| checkpoint.check(conn, keys)).unwrap();
    assert_eq!(check(&good, Some(&keys)), Ok(SignedBy::Keyring));
    assert_eq!(check(&good, None), Ok(SignedBy::KeyInFile));
    // Every change of the text is found, whether the keyring is open or not.
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(changed) = Checkpoint::from_json(&bytes) else { continue };
        if changed == good {
            continue;
        }
        for keys in [Some(&*keys), None] {
            assert!(check(&changed, keys).is_err(), "{}", String::from_utf8_lossy(&bytes));
        }
    }
    // Another key signs what it likes, but not in the keyring's name.
    let place = Place::beside(home.folder.join("other-keys"));
    let (forger, _) = Keyring::create(&place).unwrap();
    let id = [forger.id().to_string(), keys.id().to_string()];
    let forged = Checkpoint::sign(&forger, write, &hash, store.now()).unwrap();
    assert!(check(&forged, Some(&keys)).is_err() && check(&forged, None).is_err());
    let renamed = read(&forged.to_json().replace(&id[0], &id[1])).unwrap();
    assert!(check(&renamed, None).is_err(), "the signature covers the keyring's name");
    let later = Checkpoint::sign(&keys, write + 1, &hash, store.now()).unwrap();
    assert!(check(&later, Some(&keys)).unwrap_err().contains("its end is at write"), "the chain is shorter");
    for wrong in
        ["", "{}", "[]", "null", &text.replace("checkpoint 1", "checkpoint 2"), &text.replace('}', ",\"x\":1}")]
    {
        assert!(read(wrong).unwrap_err().contains("no checkpoint"), "{wrong}");
    }
}
