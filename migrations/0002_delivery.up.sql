-- What happened in a merchant's shop, and its way to each webhook. Beside these
-- tables stand River's own, which its migrations make (see River in this
-- package); a job there names a delivery, and the delivery alone says what
-- became of it.

-- A secret is as webhook.Keyring stores it: a first byte 0, then the 32 bytes
-- in clear; or 1, then sealed. The default makes one for a program of the version
-- before, which knows of none: 244 random bits.
ALTER TABLE webhook
    ADD COLUMN IF NOT EXISTS secret bytea NOT NULL
        DEFAULT '\x00'::bytea || sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    ADD COLUMN IF NOT EXISTS previous_secret bytea,
    ADD COLUMN IF NOT EXISTS previous_until timestamptz,
    ADD COLUMN IF NOT EXISTS event_type_since timestamptz,
    ADD COLUMN IF NOT EXISTS failing_since timestamptz,
    ADD COLUMN IF NOT EXISTS failed_at timestamptz,
    ADD COLUMN IF NOT EXISTS paused_at timestamptz,
    ADD COLUMN IF NOT EXISTS paused_reason text COLLATE "C",
    ADD COLUMN IF NOT EXISTS paused_after text COLLATE "C",
    ADD COLUMN IF NOT EXISTS probe_at timestamptz,
    ADD COLUMN IF NOT EXISTS resumed_at timestamptz,
    DROP CONSTRAINT IF EXISTS paused_reason_known,
    ADD CONSTRAINT paused_reason_known CHECK (paused_reason IN ('hand', 'failing', 'gone')),
    DROP CONSTRAINT IF EXISTS paused_whole,
    ADD CONSTRAINT paused_whole CHECK ((paused_at IS NULL) = (paused_reason IS NULL));

COMMENT ON COLUMN webhook.secret IS 'Signs deliveries; sealed where the host has configured a key.';
COMMENT ON COLUMN webhook.previous_secret IS 'Signs too, until previous_until.';
COMMENT ON COLUMN webhook.event_type_since IS 'When event_type was changed last; null: never.';
COMMENT ON COLUMN webhook.failing_since IS 'The first failed attempt after the last success, change of the address, or lull; null: there was none.';
COMMENT ON COLUMN webhook.failed_at IS 'The last failed attempt, to a minute.';
COMMENT ON COLUMN webhook.paused_at IS 'Since when nothing is sent; null: it is.';
COMMENT ON COLUMN webhook.paused_after IS 'What the last attempt before came to, a message as JSON.';
COMMENT ON COLUMN webhook.probe_at IS 'When the next waiting delivery is tried while the webhook is paused for failing.';
COMMENT ON COLUMN webhook.resumed_at IS 'When the last pause ended; what it held is due since.';

-- Emit's look-up.
CREATE INDEX IF NOT EXISTS webhook_event ON webhook (instance_serial, event_type, webhook_serial);
-- Whose probe is due.
CREATE INDEX IF NOT EXISTS webhook_probe ON webhook (probe_at) WHERE probe_at IS NOT NULL;
-- How many are paused.
CREATE INDEX IF NOT EXISTS webhook_paused ON webhook (paused_reason) WHERE paused_reason IS NOT NULL;

CREATE TABLE IF NOT EXISTS event (
    instance_serial bigint NOT NULL REFERENCES instance ON DELETE CASCADE,
    event_serial    bigint GENERATED ALWAYS AS IDENTITY,
    event_type      text COLLATE "C" NOT NULL,
    event_at        timestamptz NOT NULL,
    order_id        text COLLATE "C",
    is_test         boolean NOT NULL DEFAULT false,
    data            text COLLATE "C",
    traceparent     text COLLATE "C",
    created_at      timestamptz NOT NULL DEFAULT now(),

    PRIMARY KEY (instance_serial, event_serial),
    CONSTRAINT event_type_form CHECK (event_type ~ '^[a-z][a-z0-9_.]{0,63}$'),
    CONSTRAINT order_id_length CHECK (octet_length(order_id) BETWEEN 1 AND 255)
);

COMMENT ON TABLE event IS 'What happened, where a webhook was to be told of it.';
COMMENT ON COLUMN event.event_at IS 'When it happened, as the host says.';
COMMENT ON COLUMN event.data IS 'The variables of templates, JSON; null: erased.';

CREATE INDEX IF NOT EXISTS event_order ON event (instance_serial, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS event_time ON event (instance_serial, event_at);
CREATE INDEX IF NOT EXISTS event_made ON event (created_at);

-- A lane of 0 means that a job of River's is to send it, 1 that it waits in the
-- lane of its receiver, for one before it to be done, 2 that its webhook's pause
-- holds it.
--
-- To claim one changes sending_since alone, of which there is no index, and two
-- fifths of each page are left free for that: so it touches none of them.
CREATE TABLE IF NOT EXISTS delivery (
    instance_serial bigint NOT NULL,
    delivery_serial bigint GENERATED ALWAYS AS IDENTITY,
    webhook_serial  bigint NOT NULL,
    event_serial    bigint NOT NULL,
    nonce           text COLLATE "C" NOT NULL,
    webhook_version bigint NOT NULL,

    http_method     text COLLATE "C" NOT NULL,
    url             text COLLATE "C" NOT NULL,
    receiver        text COLLATE "C" NOT NULL,
    headers         text COLLATE "C",
    body            bytea,

    state           text COLLATE "C" NOT NULL DEFAULT 'pending',
    lane            smallint NOT NULL DEFAULT 0,
    is_forced       boolean NOT NULL DEFAULT false,
    attempt_count   integer NOT NULL DEFAULT 0,
    tries           integer NOT NULL DEFAULT 0,
    remade_after    integer NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL DEFAULT now(),
    sending_since   timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    queued_at       timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    last_status     integer,
    last_error      text COLLATE "C",
    failure         text COLLATE "C",
    erased_at       timestamptz,
    sha256          bytea,

    PRIMARY KEY (instance_serial, delivery_serial),
    CONSTRAINT delivery_webhook FOREIGN KEY (instance_serial, webhook_serial) REFERENCES webhook ON DELETE CASCADE,
    CONSTRAINT state_known CHECK (state IN ('pending', 'delivered', 'failed')),
    CONSTRAINT finished_whole CHECK ((state = 'pending') = (finished_at IS NULL)),
    CONSTRAINT failure_whole CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CONSTRAINT lane_known CHECK (lane IN (0, 1, 2)),
    CONSTRAINT sending_whole CHECK (sending_since IS NULL OR state = 'pending' AND lane = 0)
) WITH (fillfactor = 60);

COMMENT ON TABLE delivery IS 'An event on its way to one webhook; a job of River''s only says: look at it.';
COMMENT ON COLUMN delivery.nonce IS 'The random end of its public ID, which is sent as webhook-id.';
COMMENT ON COLUMN delivery.webhook_version IS 'The version of the webhook that the request was made with.';
COMMENT ON COLUMN delivery.url IS 'Without user and password: those are in a header.';
COMMENT ON COLUMN delivery.receiver IS 'Host and port, whose lane it goes in.';
COMMENT ON COLUMN delivery.headers IS 'Lines Name: value; null: it could not be made, or was erased.';
COMMENT ON COLUMN delivery.is_forced IS 'It is tried although its webhook is paused: a person wants it, or it is the probe.';
COMMENT ON COLUMN delivery.tries IS 'The attempts since it was queued last: the step of the schedule.';
COMMENT ON COLUMN delivery.remade_after IS 'The attempts up to this one sent a request of before it was made anew.';
COMMENT ON COLUMN delivery.sending_since IS 'A worker holds it; for longer than an attempt can take: the worker died.';
COMMENT ON COLUMN delivery.queued_at IS 'When it was made, or was last queued again by somebody.';
COMMENT ON COLUMN delivery.last_error IS 'Why the last attempt had no answer, a message as JSON.';
COMMENT ON COLUMN delivery.failure IS 'Why it failed for good, a message as JSON.';
COMMENT ON COLUMN delivery.sha256 IS 'Of the body that was erased.';

CREATE INDEX IF NOT EXISTS delivery_list ON delivery (instance_serial, webhook_serial, delivery_serial);
CREATE INDEX IF NOT EXISTS delivery_event ON delivery (instance_serial, event_serial);
CREATE INDEX IF NOT EXISTS delivery_waiting ON delivery (instance_serial, webhook_serial, delivery_serial) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS delivery_failed ON delivery (instance_serial, webhook_serial, finished_at) WHERE state = 'failed';
CREATE INDEX IF NOT EXISTS delivery_failed_list ON delivery (instance_serial, webhook_serial, delivery_serial) WHERE state = 'failed';
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due_at) WHERE state = 'pending' AND lane = 0;
CREATE INDEX IF NOT EXISTS delivery_lane ON delivery (receiver, due_at, delivery_serial) WHERE state = 'pending' AND lane = 1;
CREATE INDEX IF NOT EXISTS delivery_held ON delivery (instance_serial, webhook_serial, delivery_serial) WHERE state = 'pending' AND lane = 2;
CREATE INDEX IF NOT EXISTS delivery_finished ON delivery (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS delivery_attempt (
    instance_serial bigint NOT NULL,
    delivery_serial bigint NOT NULL,
    number          integer NOT NULL,
    at              timestamptz NOT NULL,
    duration_ms     integer NOT NULL,
    url             text COLLATE "C" NOT NULL,
    address         text COLLATE "C",
    signature       text COLLATE "C",
    status          integer,
    error           text COLLATE "C",
    detail          text COLLATE "C",
    answer_headers  text COLLATE "C",
    answer          bytea,

    PRIMARY KEY (instance_serial, delivery_serial, number),
    CONSTRAINT attempt_delivery FOREIGN KEY (instance_serial, delivery_serial) REFERENCES delivery ON DELETE CASCADE
);

COMMENT ON TABLE delivery_attempt IS 'One try of a delivery, and what came of it.';
COMMENT ON COLUMN delivery_attempt.at IS 'By the clock of who sent it; webhook-timestamp is the same.';
COMMENT ON COLUMN delivery_attempt.address IS 'The IP address and port that it went to; null: it came to no connection.';
COMMENT ON COLUMN delivery_attempt.error IS 'Why no answer came, a message as JSON; detail is the same in technical words.';
COMMENT ON COLUMN delivery_attempt.answer IS 'The first 64 KiB of the answer''s body.';

-- Who is sending: each process that runs workers says so every few seconds.
CREATE TABLE IF NOT EXISTS worker (
    worker_id text COLLATE "C" PRIMARY KEY,
    seen_at   timestamptz NOT NULL
);

COMMENT ON TABLE worker IS 'Processes that send; one that has not been seen for half a minute is gone.';
