//! Attest: records of persecution and of the help given against it, and figures that stand on them.
//!
//! This page is the map. Dependencies go one way: `http -> exchange -> store -> keys -> domain`.

/// Every setting once: flag, environment variable, line of documentation.
pub mod config;

/// What each command of the command line does.
pub mod commands;

/// What Attest knows and decides. No web, no database, no environment, no clock.
pub mod domain {
    pub mod aggregate;
    pub mod alike;
    pub mod attested;
    pub mod candidate;
    pub mod cell;
    pub mod check;
    pub mod consent;
    pub mod count;
    pub mod difference;
    pub mod dimension;
    pub mod disclosure;
    pub mod due;
    pub mod edtf;
    pub mod entry;
    pub mod event;
    pub mod figure;
    mod file_name;
    pub mod health;
    pub mod incident;
    pub mod levels;
    pub mod linkage;
    pub mod measure;
    pub mod passphrase;
    pub mod person;
    pub mod policy;
    pub mod publication;
    pub mod reconcile;
    pub mod record;
    pub mod series;
    pub mod source;
    pub mod stands;
    pub mod term;
    pub mod text;
    pub mod timing;
    pub mod typed_date;
    pub mod vocabulary;

    /// Public releases: what is declared, how it is masked, and what anybody may read.
    pub mod release {
        pub mod content;
        pub mod cube;
        pub mod declare;
        /// What is told of which condition, by one fixed descent.
        pub mod descent {
            pub mod archive;
            pub mod block;
            pub mod grid;
            pub mod line;
            pub mod margin;
            pub mod mask;
            pub mod pool;
            pub mod sets;
            pub mod space;
            pub mod told;
            pub mod tree;
        }
        pub mod format_1;
        pub mod lists;
        pub mod masking;
        pub mod people;
        pub mod plan;
        mod population;
        mod signing;
        mod tables;
    }
}

/// The keys that lie outside of the database, and what is done with them. No web, no database.
pub mod keys {
    pub mod cipher;
    pub mod files;
    mod kept;
    pub mod keyring;
    mod place;
    mod recovery;
}

/// Rows in, domain values out. No web.
pub mod store {
    pub mod accounts;
    pub mod aggregates;
    mod asked;
    pub mod backend;
    pub mod candidates;
    pub mod chain;
    pub mod changes;
    pub mod checkpoint;
    pub mod classes;
    pub mod clock;
    mod codes;
    pub mod connections;
    pub mod consents;
    pub mod credentials;
    pub mod data_keys;
    pub mod database;
    pub mod demonstration;
    pub mod differences;
    pub mod due;
    pub mod enrolments;
    mod erased_list;
    pub mod erasure;
    pub mod error;
    pub mod events;
    pub mod figures;
    pub mod halt;
    pub mod idempotency;
    pub mod incidents;
    pub mod instance;
    pub mod jobs;
    mod known;
    pub mod linkages;
    pub mod lists;
    pub mod lost_seals;
    mod material;
    mod members;
    mod named;
    pub mod narrowing;
    pub mod notices;
    mod overlaps;
    pub mod people;
    pub mod persons;
    pub mod probe;
    pub mod publications;
    pub mod publicity;
    pub mod published;
    pub mod publishing;
    mod question;
    pub mod recent;
    pub mod reconciliation;
    pub mod records;
    pub mod released;
    pub mod releases;
    pub mod schema;
    pub mod seals;
    mod selects;
    pub mod session;
    pub mod sessions;
    pub mod sign_in;
    pub mod sign_in_history;
    pub mod signatures;
    pub mod sources;
    mod stamps;
    mod statement;
    pub mod stop;
    pub mod terms;
    pub mod texts;
    pub mod tokens;
    mod version_table;
    pub mod visibility;
}

/// Files in and out.
pub mod exchange {
    pub mod codebook;
    pub mod export;
    pub mod fields;
    pub mod flavour;
    pub mod folder;
    pub mod formats;
    pub mod import;
    pub mod invented;
    mod nouns;
    mod row;
    pub mod scan;
    pub mod seed;
    pub mod sheet;
    pub mod steps;
    pub mod table;
    pub mod template;
}

/// Requests in, answers out.
pub mod http {
    pub mod app;
    pub mod auth;
    pub mod connections;
    pub mod counted;
    pub mod documentation;
    pub mod download;
    pub mod health;
    pub mod jobs;
    pub mod kept;
    pub mod limits;
    pub mod problem;
    pub mod reconciled;
    pub mod reply;
    pub mod request;
    pub mod state;
    pub mod turned_away;
    mod turns;
    pub mod watch;

    /// For anybody.
    pub mod public {
        pub mod answers;
        pub mod export;
        pub mod figures;
        pub mod folder;
        mod parameters;
        pub mod ready;
        pub mod releases;
        pub mod series;
        pub mod shelf;
        pub mod support;
        pub mod views;
    }

    /// For researchers.
    pub mod research {
        pub mod aggregates;
        pub mod reconciliation;
    }

    /// For staff.
    pub mod staff {
        pub mod accounts;
        pub mod actions;
        pub mod audit;
        pub mod candidates;
        pub mod confirmations;
        pub mod due;
        pub mod enrolments;
        pub mod figures;
        pub mod jobs;
        pub mod lists;
        pub mod lost_seals;
        pub mod nouns;
        pub mod records;
        pub mod releases;
        pub mod seals;
        pub mod texts;
        pub mod tokens;
        pub mod transfer;
    }

    /// For people with a browser. They sign in, and a cookie opens nothing else.
    pub mod pages;
}
