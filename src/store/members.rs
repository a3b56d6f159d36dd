//! Joined records in a statement: which of them are counted as which person, and how they say one thing together.

use crate::domain::dimension::{DIMENSIONS, Dimension};

use super::question::Question;
use super::statement::{Scope, Statement, of_incidents};

/// Names for the records that say what is asked of a person, by dimension.
pub(super) const MEMBERS: [&str; 8] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"];

/// The dimensions that are attributes of the person.
fn personal() -> impl Iterator<Item = &'static Dimension> {
    DIMENSIONS.iter().filter(|dimension| !dimension.level.is_incident())
}

impl<Row> Statement<Row> {
    /// Names the records that are visible, each with the one that it is counted as.
    pub(super) fn members(&mut self, scope: Scope) {
        self.sql("member(unit, record");
        for dimension in personal() {
            self.sql(", ").sql(dimension.column);
        }
        // Told to keep it: SQLite would work it out anew for every row.
        self.sql(") AS MATERIALIZED (SELECT COALESCE(l.canonical_id, p.record_id), p.record_id");
        for dimension in personal() {
            self.sql(", p.").sql(dimension.column);
        }
        self.sql(" FROM person_versions p LEFT JOIN linkage_versions l ON l.person_id = p.record_id AND ");
        self.visible("linkage_versions", "l", scope.times);
        self.sql(" LEFT JOIN person_versions c ON c.record_id = l.canonical_id AND ");
        self.visible("person_versions", "c", scope.times).sql(" WHERE ");
        self.visible("person_versions", "p", scope.times);
        if let Some(basis) = scope.basis {
            // Joined records are counted where the record is that they are counted as.
            self.sql(" AND COALESCE(c.basis, p.basis) = ").text(basis.name());
        }
        self.consenting("COALESCE(l.canonical_id, p.record_id)", scope).sql(") ");
    }

    /// The joined records of a person are one: what one says of the person holds for the incidents of the other, and one
    /// that does not know says nothing where another does.
    pub(super) fn joined(&mut self, question: &Question) {
        self.sql(" FROM (SELECT DISTINCT unit FROM member) u");
        for (at, dimension) in question.personal().enumerate() {
            let (own, column) = (MEMBERS[at], dimension.column);
            self.sql(" JOIN member ").sql(own).sql(" ON ").sql(own).sql(".unit = u.unit AND (");
            self.sql(own).sql(".").sql(column).sql(" <> '_U' OR u.unit NOT IN (SELECT unit FROM member WHERE ");
            self.sql(column).sql(" <> '_U'))");
        }
        if of_incidents(question) {
            self.sql(" JOIN member m ON m.unit = u.unit");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_attribute_of_a_person_has_a_name() {
        assert!(super::personal().count() <= super::MEMBERS.len());
    }
}
