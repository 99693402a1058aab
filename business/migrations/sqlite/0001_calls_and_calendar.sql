-- Every *_at is a count of microseconds since 1970 (UTC). Every table but the tenants' own carries the tenant.

CREATE TABLE tenants (
    id          TEXT    NOT NULL PRIMARY KEY,
    document    TEXT    NOT NULL,
    is_default  BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL
);

CREATE UNIQUE INDEX one_default_tenant ON tenants (is_default) WHERE is_default;

CREATE TABLE lines (
    address TEXT NOT NULL PRIMARY KEY,
    tenant  TEXT NOT NULL REFERENCES tenants (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('agent', 'echo', 'listen')),
    agent   TEXT
);

-- A key without a tenant is the operator's.
CREATE TABLE api_keys (
    hash       BLOB   NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    name       TEXT   NOT NULL,
    tenant     TEXT   REFERENCES tenants (id),
    created_at BIGINT NOT NULL
);

CREATE TABLE calls (
    id           BIGINT NOT NULL PRIMARY KEY,
    tenant       TEXT   NOT NULL REFERENCES tenants (id),
    carrier      TEXT   NOT NULL,
    carrier_call TEXT   NOT NULL,
    line         TEXT   NOT NULL,
    caller       TEXT,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    cause        TEXT,
    CHECK ((ended_at IS NULL) = (cause IS NULL))
);

CREATE INDEX calls_of_tenant ON calls (tenant, id);
CREATE INDEX calls_left_open ON calls (id) WHERE ended_at IS NULL;

-- Append-only. AUTOINCREMENT: a number is never given twice.
CREATE TABLE event_log (
    seq     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT    NOT NULL REFERENCES tenants (id),
    call_id BIGINT  NOT NULL,
    at      BIGINT  NOT NULL,
    body    TEXT    NOT NULL
);

CREATE INDEX events_of_tenant ON event_log (tenant, seq);
CREATE INDEX events_of_call ON event_log (call_id, seq);

-- A held slot has neither name nor phone, and is deleted when it is let go.
CREATE TABLE appointments (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT    NOT NULL REFERENCES tenants (id),
    call_id    BIGINT  NOT NULL,
    service    TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    start_at   BIGINT  NOT NULL,
    end_at     BIGINT  NOT NULL CHECK (end_at > start_at),
    state      TEXT    NOT NULL CHECK (state IN ('held', 'booked', 'cancelled', 'moved')),
    held_until BIGINT,
    name       TEXT,
    phone      TEXT,
    created_at BIGINT  NOT NULL,
    changed_at BIGINT  NOT NULL,
    CHECK ((state = 'held') = (held_until IS NOT NULL)),
    CHECK (state = 'held' OR (name IS NOT NULL AND phone IS NOT NULL))
);

CREATE INDEX appointments_by_time ON appointments (tenant, start_at);
CREATE INDEX appointments_by_phone ON appointments (tenant, phone);
CREATE UNIQUE INDEX one_hold_per_call ON appointments (tenant, call_id) WHERE state = 'held';

-- The guard against double booking, whatever the program believes: each quarter of an hour of a provider's
-- time is there once, taken by a hold or a booking.
CREATE TABLE taken_quarters (
    tenant         TEXT    NOT NULL,
    provider       TEXT    NOT NULL,
    quarter_at     BIGINT  NOT NULL,
    appointment_id INTEGER NOT NULL REFERENCES appointments (id) ON DELETE CASCADE,
    PRIMARY KEY (tenant, provider, quarter_at)
);

CREATE INDEX quarters_of_appointment ON taken_quarters (appointment_id);
