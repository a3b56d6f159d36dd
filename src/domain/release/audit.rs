//! The audit of intervals: between which values a withheld cell can lie, for anybody who knows all that is published.
//!
//! That a cell may have another value is shown by a whole other data set, in whole persons and reckoned after exactly, which gives the
//! same published cells. So an error of the optimisation can only make the mask withhold more.

use std::collections::{BTreeMap, BTreeSet};

use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, Solution, SolveOptions, Variable};

use super::universe::Kind;

/// How many branches an optimisation in whole persons may look at before it counts as unsolved: a number, not a time, so that
/// the same records always give the same mask.
const BRANCHES: u64 = 200;
/// How far a sum in floating point may lie from a whole number.
const NEARLY: f64 = 1e-6;

/// Kinds of person that are audited together, and what is known of each of their cells.
pub struct Part {
    pub kinds: Vec<Kind>,
    /// What the records give for each cell.
    pub values: Vec<u64>,
    /// Whether everybody knows how many persons there are in all.
    pub counted: bool,
    /// For each cell the least and the most that some data set with the same published cells has.
    pub found: Vec<(u64, u64)>,
    /// How many optimisations it took.
    pub optimisations: u64,
}

/// Whether more or less of a cell is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl Part {
    pub fn new(kinds: Vec<Kind>, cells: usize, counted: bool) -> Self {
        let mut values = vec![0; cells];
        for kind in &kinds {
            for (cell, number) in &kind.adds {
                values[*cell as usize] += kind.count * u64::from(*number);
            }
        }
        let found = values.iter().map(|value| (*value, *value)).collect();
        Self { kinds, values, counted, found, optimisations: 0 }
    }

    /// By how much the values that the cell is known to be able to have differ.
    pub fn width(&self, cell: usize) -> u64 {
        self.found[cell].1 - self.found[cell].0
    }

    /// Looks for data sets until the values of a cell differ by so much, and gives whether they do.
    pub fn widen(&mut self, cell: usize, published: &[usize], needed: u64) -> bool {
        for way in [Way::Up, Way::Down] {
            if self.width(cell) < needed {
                self.seek(cell, published, needed, way);
            }
        }
        self.width(cell) >= needed
    }

    /// By how much the values of a cell could differ if persons could be divided, at most `needed`.
    pub fn relaxed(&mut self, cell: usize, published: &[usize], needed: u64) -> f64 {
        let end = |part: &mut Self, way| {
            let model = Model::new(part, cell, published, needed, way, false);
            part.optimisations += 1;
            let solution = model.problem.solve().ok().and_then(|outcome| outcome.into_solution().ok());
            solution.map_or(part.values[cell] as f64, |solution| solution.objective())
        };
        end(self, Way::Up) - end(self, Way::Down)
    }

    /// Which published cells must give way, at the least cost, so that a cell can have other values: nothing where it can as it is,
    /// `None` where it cannot even so. `costs` has what one more or less of each free cell costs; all other published cells stand.
    pub fn gives_way(
        &mut self,
        cell: usize,
        published: &[usize],
        costs: &BTreeMap<usize, f64>,
        needed: u64,
    ) -> Option<BTreeSet<usize>> {
        let mut found: Option<(f64, BTreeSet<usize>)> = None;
        for way in [Way::Up, Way::Down] {
            let Some((cost, rows)) = self.way_given(cell, published, costs, needed, way) else { continue };
            if found.as_ref().is_none_or(|(least, _)| cost + NEARLY < *least) {
                found = Some((cost, rows));
            }
        }
        found.map(|(_, rows)| rows)
    }

    fn way_given(
        &mut self,
        cell: usize,
        published: &[usize],
        costs: &BTreeMap<usize, f64>,
        needed: u64,
        way: Way,
    ) -> Option<(f64, BTreeSet<usize>)> {
        let (least, most) = self.found[cell];
        if way == Way::Down && most < needed {
            return None;
        }
        self.optimisations += 1;
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let variables: Vec<_> = self.kinds.iter().map(|_| problem.add_var(0.0, (0.0, f64::INFINITY))).collect();
        let mut rows: BTreeMap<usize, LinearExpr> = published.iter().map(|row| (*row, LinearExpr::empty())).collect();
        let mut own = LinearExpr::empty();
        for (variable, kind) in variables.iter().zip(&self.kinds) {
            for (row, number) in &kind.adds {
                if let Some(sum) = rows.get_mut(&(*row as usize)) {
                    sum.add(*variable, f64::from(*number));
                }
                if *row as usize == cell {
                    own.add(*variable, f64::from(*number));
                }
            }
        }
        let mut gives = Vec::new();
        for (row, mut sum) in rows {
            if let Some(cost) = costs.get(&row) {
                let (more, less) =
                    (problem.add_var(*cost, (0.0, f64::INFINITY)), problem.add_var(*cost, (0.0, f64::INFINITY)));
                sum.add(more, 1.0);
                sum.add(less, -1.0);
                gives.push((row, more, less));
            }
            problem.add_constraint(sum, ComparisonOp::Eq, self.values[row] as f64);
        }
        if self.counted {
            let all: u64 = self.kinds.iter().map(|kind| kind.count).sum();
            problem.add_constraint(sum(variables.iter().map(|one| (*one, 1.0))), ComparisonOp::Eq, all as f64);
        }
        match way {
            Way::Up => problem.add_constraint(own, ComparisonOp::Ge, (least + needed) as f64),
            Way::Down => problem.add_constraint(own, ComparisonOp::Le, (most - needed) as f64),
        }
        let solution = problem.solve().ok()?.into_solution().ok()?;
        let moved = |variable: Variable| solution.var_value(variable) > 1e-5;
        let rows = gives.into_iter().filter(|(_, more, less)| moved(*more) || moved(*less)).map(|(row, _, _)| row);
        Some((solution.objective(), rows.collect()))
    }

    /// The least and the most that a cell can be, of divisible persons, given other values of the published cells than the
    /// records have; `None` where that cannot be said.
    pub fn between(&mut self, cell: usize, published: &[(usize, u64)], counted: Option<u64>) -> Option<(f64, f64)> {
        let mut end = |direction| {
            let (mut problem, variables) = variables(&self.kinds, cell, direction, false);
            constrain(&mut problem, &variables, &self.kinds, published);
            if let Some(all) = counted {
                problem.add_constraint(sum(variables.iter().map(|one| (*one, 1.0))), ComparisonOp::Eq, all as f64);
            }
            self.optimisations += 1;
            match problem.solve() {
                Ok(outcome) => Some(outcome.into_solution().ok()?.objective()),
                Err(microlp::Error::Unbounded) => Some(f64::INFINITY),
                Err(_) => None,
            }
        };
        Some((end(OptimizationDirection::Minimize)?, end(OptimizationDirection::Maximize)?))
    }

    /// Looks for the data set in which a cell goes farthest one way, as far as is needed.
    fn seek(&mut self, cell: usize, published: &[usize], needed: u64, way: Way) {
        self.optimisations += 1;
        let model = Model::new(self, cell, published, needed, way, false);
        let Some(solution) = model.problem.solve().ok().and_then(|outcome| outcome.into_solution().ok()) else {
            return;
        };
        let end = solution.objective();
        let farther = match way {
            Way::Up => end >= self.found[cell].1 as f64 + 1.0 - NEARLY,
            Way::Down => end <= self.found[cell].0 as f64 - 1.0 + NEARLY,
        };
        if !farther || self.take(&model.whole(&solution), published) {
            return;
        }
        self.optimisations += 1;
        let model = Model::new(self, cell, published, needed, way, true);
        let own = model.variables.iter().zip(&self.kinds).map(|(one, kind)| (*one, kind.count as f64)).collect();
        let mut options = SolveOptions::default();
        options.node_limit = Some(BRANCHES);
        options.warm_start = Some(own);
        if let Some(solution) = model.problem.solve_with(options).ok().and_then(|outcome| outcome.into_solution().ok())
        {
            let whole = model.whole(&solution);
            self.take(&whole, published);
        }
    }

    /// Takes note of a data set, if it is one and gives the same published cells.
    fn take(&mut self, persons: &Option<Vec<u64>>, published: &[usize]) -> bool {
        let Some(persons) = persons else { return false };
        let mut values = vec![0_u64; self.values.len()];
        for (kind, count) in self.kinds.iter().zip(persons) {
            for (cell, number) in &kind.adds {
                values[*cell as usize] += count * u64::from(*number);
            }
        }
        let all = |counts: &mut dyn Iterator<Item = u64>| counts.sum::<u64>();
        let same = published.iter().all(|cell| values[*cell] == self.values[*cell])
            && (!self.counted
                || all(&mut persons.iter().copied()) == all(&mut self.kinds.iter().map(|kind| kind.count)));
        if same {
            for (found, value) in self.found.iter_mut().zip(values) {
                *found = (found.0.min(value), found.1.max(value));
            }
        }
        same
    }
}

fn sum(terms: impl Iterator<Item = (Variable, f64)>) -> LinearExpr {
    let mut sum = LinearExpr::empty();
    terms.for_each(|(variable, factor)| sum.add(variable, factor));
    sum
}

/// A variable a kind of person: how many of them there are.
fn variables(kinds: &[Kind], cell: usize, direction: OptimizationDirection, whole: bool) -> (Problem, Vec<Variable>) {
    let mut problem = Problem::new(direction);
    let variable = |kind: &Kind| {
        let adds = kind.adds_to(cell) as f64;
        if whole { problem.add_integer_var(adds, (0, i32::MAX)) } else { problem.add_var(adds, (0.0, f64::INFINITY)) }
    };
    let variables = kinds.iter().map(variable).collect();
    (problem, variables)
}

fn constrain(problem: &mut Problem, variables: &[Variable], kinds: &[Kind], published: &[(usize, u64)]) {
    let mut rows: Vec<Option<LinearExpr>> = Vec::new();
    for (cell, _) in published {
        if rows.len() <= *cell {
            rows.resize(*cell + 1, None);
        }
        rows[*cell] = Some(LinearExpr::empty());
    }
    for (variable, kind) in variables.iter().zip(kinds) {
        for (cell, number) in &kind.adds {
            if let Some(Some(row)) = rows.get_mut(*cell as usize) {
                row.add(*variable, f64::from(*number));
            }
        }
    }
    for (cell, value) in published {
        if let Some(row) = rows[*cell].take() {
            problem.add_constraint(row, ComparisonOp::Eq, *value as f64);
        }
    }
}

/// One optimisation.
struct Model {
    problem: Problem,
    variables: Vec<Variable>,
}

impl Model {
    fn new(part: &Part, cell: usize, published: &[usize], needed: u64, way: Way, whole: bool) -> Self {
        let direction = match way {
            Way::Up => OptimizationDirection::Maximize,
            Way::Down => OptimizationDirection::Minimize,
        };
        let (mut problem, variables) = variables(&part.kinds, cell, direction, whole);
        let published: Vec<_> = published.iter().map(|cell| (*cell, part.values[*cell])).collect();
        constrain(&mut problem, &variables, &part.kinds, &published);
        if part.counted {
            let all: u64 = part.kinds.iter().map(|kind| kind.count).sum();
            problem.add_constraint(sum(variables.iter().map(|one| (*one, 1.0))), ComparisonOp::Eq, all as f64);
        }
        // No farther than is needed: a data set that is not far from the true one is found sooner.
        let (least, most) = part.found[cell];
        let own = || {
            let adds = variables.iter().zip(&part.kinds).map(|(one, kind)| (*one, kind.adds_to(cell) as f64));
            sum(adds.filter(|(_, adds)| *adds > 0.0))
        };
        match way {
            Way::Up => problem.add_constraint(own(), ComparisonOp::Le, (least + needed) as f64),
            Way::Down => problem.add_constraint(own(), ComparisonOp::Ge, most.saturating_sub(needed) as f64),
        }
        Self { problem, variables }
    }

    /// The persons of a solution, if they are whole.
    fn whole(&self, solution: &Solution) -> Option<Vec<u64>> {
        let whole = |variable: &Variable| {
            let value = solution.var_value(*variable);
            let whole = value.round();
            ((value - whole).abs() < NEARLY && whole >= 0.0).then_some(whole as u64)
        };
        self.variables.iter().map(whole).collect()
    }
}
