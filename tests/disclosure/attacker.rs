//! The attacker: minimises and maximises what is not published, first over real and then over whole numbers. That a cell is
//! wide is proved by two points in whole numbers that are checked exactly; that it is narrow, by the optimum.

use std::collections::{BTreeMap, HashMap};

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, Variable};

use super::system::{Point, System};

/// How many nodes of branch and bound he takes before he gives up.
const NODES: u64 = 3000;
/// And how many where that did not settle it.
const MANY_NODES: u64 = 60_000;

/// What became of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Two data sets agree with everything published and differ by what the rule asks, or more.
    Wide,
    /// All that agree lie within this, by the real or by the whole numbers.
    Narrow {
        low: i64,
        high: i64,
        whole: bool,
    },
    Undecided,
}

/// How often what was done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Work {
    pub real: usize,
    pub whole: usize,
    pub points: usize,
    pub failures: usize,
}

impl Work {
    pub fn add(&mut self, other: Self) {
        self.real += other.real;
        self.whole += other.whole;
        self.points += other.points;
        self.failures += other.failures;
    }
}

/// The attacker with what he has found so far.
pub struct Attacker<'s> {
    pub system: &'s System,
    /// By question the least and the most of the points that he has seen.
    seen: Vec<(i64, i64)>,
    nodes: u64,
    pub work: Work,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Least,
    Most,
}

/// What an optimisation ended with.
struct Optimum {
    value: f64,
    proved: bool,
    point: Point,
}

impl<'s> Attacker<'s> {
    /// Starts from one point that agrees. Which one does not matter: it only saves work.
    pub fn new(system: &'s System, start: &Point) -> Self {
        let mut attacker = Self {
            system,
            seen: vec![(i64::MAX, i64::MIN); system.questions.len()],
            nodes: NODES,
            work: Work::default(),
        };
        assert!(attacker.see(start), "the start does not agree with what is published");
        attacker
    }

    fn see(&mut self, point: &Point) -> bool {
        if !self.system.agrees(point) {
            return false;
        }
        self.work.points += 1;
        for (q, (low, high)) in self.seen.iter_mut().enumerate() {
            let value = self.system.answer(q, point);
            *low = value.min(*low);
            *high = value.max(*high);
        }
        true
    }

    fn is_wide(&self, q: usize, width: i64) -> bool {
        self.seen[q].1 - self.seen[q].0 >= width
    }

    /// Whether the answers that agree differ by so much.
    pub fn settle(&mut self, q: usize, width: i64) -> Verdict {
        let verdict = self.settle_with(q, width, NODES);
        if verdict == Verdict::Undecided { self.settle_with(q, width, MANY_NODES) } else { verdict }
    }

    fn settle_with(&mut self, q: usize, width: i64, nodes: u64) -> Verdict {
        self.nodes = nodes;
        let mut bounds = (i64::MIN, i64::MAX);
        if self.is_wide(q, width) {
            return Verdict::Wide;
        }
        for (end, whole) in [(End::Most, false), (End::Least, false), (End::Most, true), (End::Least, true)] {
            if let Some(bound) = self.optimum(q, end, whole, width) {
                match end {
                    End::Most => bounds.1 = bounds.1.min(bound),
                    End::Least => bounds.0 = bounds.0.max(bound),
                }
            }
            if self.is_wide(q, width) {
                return Verdict::Wide;
            }
            let (low, high) = bounds;
            assert!(
                low <= self.seen[q].0 && high >= self.seen[q].1,
                "an optimum that a point in whole numbers refutes"
            );
            if low > i64::MIN && high < i64::MAX && high - low < width {
                return Verdict::Narrow { low, high, whole };
            }
        }
        Verdict::Undecided
    }

    /// The least and the most answer in whole numbers, or as far as he knows: where not proved, it is further out.
    pub fn interval(&mut self, q: usize) -> (i64, i64) {
        self.nodes = NODES;
        let mut bounds = (0, i64::MAX);
        for (end, whole) in [(End::Most, false), (End::Least, false), (End::Most, true), (End::Least, true)] {
            let bound = self.optimum(q, end, whole, 1_000_000);
            match (end, bound) {
                (End::Most, Some(bound)) => bounds.1 = bounds.1.min(bound),
                (End::Least, Some(bound)) => bounds.0 = bounds.0.max(bound),
                (_, None) => {}
            }
        }
        bounds
    }

    /// The proved bound, if there is one. In whole numbers no further than is wide enough.
    fn optimum(&mut self, q: usize, end: End, whole: bool, width: i64) -> Option<i64> {
        let cap = match end {
            End::Most => self.seen[q].0 + width,
            End::Least => (self.seen[q].1 - width).max(0),
        };
        let mut found = self.solve(q, end, whole.then_some(cap), None)?;
        let seen = self.see(&found.point);
        if whole && !seen && !self.system.needs.is_empty() {
            // It had further incidents of nobody: once more, and nobody has none. First with few of each, which is quickly done.
            let few = self.solve(q, end, Some(cap), Some(6));
            if !few.is_some_and(|few| self.see(&few.point) && self.is_wide(q, width)) {
                let again = self.solve(q, end, Some(cap), Some(i64::MAX));
                if let Some(again) = again {
                    self.see(&again.point);
                    found = again;
                }
            }
        }
        let bound = match end {
            End::Most => (found.value + 1e-6).floor(),
            End::Least => (found.value - 1e-6).ceil(),
        };
        found.proved.then_some(bound as i64)
    }

    fn solve(&mut self, q: usize, end: End, cap: Option<i64>, linked: Option<i64>) -> Option<Optimum> {
        let direction = match end {
            End::Most => OptimizationDirection::Maximize,
            End::Least => OptimizationDirection::Minimize,
        };
        let mut problem = Problem::new(direction);
        let chosen = if linked.is_some() { self.all() } else { self.distinct(q, cap.is_none().then_some(end)) };
        let target = &self.system.adds[q];
        let variables: Vec<(usize, Variable)> = chosen
            .into_iter()
            .map(|column| {
                let (adds, most) = (target[column] as f64, self.system.most[column]);
                let variable = match cap {
                    Some(_) => problem.add_integer_var(adds, (0, most as i32)),
                    None => problem.add_var(adds, (0.0, most as f64)),
                };
                (column, variable)
            })
            .collect();
        self.constrain(&mut problem, &variables, linked);
        if let Some(cap) = cap {
            let terms = variables.iter().filter(|(column, _)| target[*column] != 0);
            let terms: Vec<_> = terms.map(|(column, variable)| (*variable, target[*column] as f64)).collect();
            let op = if end == End::Most { ComparisonOp::Le } else { ComparisonOp::Ge };
            if !terms.is_empty() {
                problem.add_constraint(terms, op, cap as f64);
            }
            self.work.whole += 1;
        } else {
            self.work.real += 1;
        }
        let mut options = SolveOptions::default();
        options.node_limit = Some(self.nodes);
        let solution = match problem.solve_with(options).map(microlp::SolveOutcome::into_solution) {
            Ok(Ok(solution)) => solution,
            _ => {
                self.work.failures += 1;
                return None;
            }
        };
        let point = variables.iter().map(|(column, variable)| (*column, solution.var_value(*variable).round() as i64));
        Some(Optimum {
            value: solution.objective(),
            proved: solution.status() == microlp::SolutionStatus::Optimal,
            point: point.filter(|(_, number)| *number != 0).collect(),
        })
    }

    fn constrain(&self, problem: &mut Problem, variables: &[(usize, Variable)], linked: Option<i64>) {
        for (q, answer) in &self.system.rows {
            let adds = &self.system.adds[*q];
            let terms = variables.iter().filter(|(column, _)| adds[*column] != 0);
            let terms: Vec<_> = terms.map(|(column, variable)| (*variable, adds[*column] as f64)).collect();
            if !terms.is_empty() {
                problem.add_constraint(terms, ComparisonOp::Eq, *answer as f64);
            }
        }
        let by_column: HashMap<_, _> = variables.iter().copied().collect();
        let Some(each) = linked else { return };
        for (further, needs) in &self.system.needs {
            let Some(variable) = by_column.get(further) else { continue };
            let most = self.system.most[*further].min(each) as f64;
            let needed = needs.iter().filter_map(|column| by_column.get(column)).map(|needed| (*needed, -most));
            problem.add_constraint(needed.chain([(*variable, 1.0)]).collect::<Vec<_>>(), ComparisonOp::Le, 0.0);
        }
    }

    fn all(&self) -> Vec<usize> {
        (0..self.system.width()).filter(|column| self.system.most[*column] > 0).collect()
    }

    /// Of the columns that all rows count alike and that add as much to the question, one. Where an end is given, only the one
    /// that is best for it: the others add nothing.
    fn distinct(&self, q: usize, end: Option<End>) -> Vec<usize> {
        let target = &self.system.adds[q];
        let mut best: BTreeMap<Vec<i64>, usize> = BTreeMap::new();
        for column in self.all() {
            let mut counted: Vec<_> = self.system.rows.iter().map(|(row, _)| self.system.adds[*row][column]).collect();
            counted.extend(end.is_none().then_some(target[column]));
            let own = best.entry(counted).or_insert(column);
            let better = match end {
                Some(End::Most) => target[column] > target[*own],
                Some(End::Least) => target[column] < target[*own],
                None => false,
            };
            if better {
                *own = column;
            }
        }
        best.into_values().collect()
    }
}
