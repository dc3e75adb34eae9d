-- Instances and their webhooks. The lengths and sets of values are those of the
-- Go package webhook, which says more: what is printable, for one, PostgreSQL
-- judges by its locale.

CREATE TABLE IF NOT EXISTS instance (
    instance_serial bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance_id     text COLLATE "C" NOT NULL,

    CONSTRAINT instance_id_unique UNIQUE (instance_id),
    CONSTRAINT instance_id_form CHECK (instance_id ~ '^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$')
);

COMMENT ON TABLE instance IS 'The merchants. Deleting one deletes all that is its.';

-- The key begins with the instance, and webhook_serial has no index of its own:
-- with one, the list of a small instance would walk the webhooks of all others.
CREATE TABLE IF NOT EXISTS webhook (
    instance_serial bigint NOT NULL REFERENCES instance ON DELETE CASCADE,
    webhook_serial  bigint GENERATED ALWAYS AS IDENTITY,
    webhook_id      text COLLATE "C" NOT NULL,
    event_type      text COLLATE "C" NOT NULL,
    url             text COLLATE "C" NOT NULL,
    http_method     text COLLATE "C" NOT NULL,
    header_template text COLLATE "C",
    body_template   text COLLATE "C",
    version         bigint NOT NULL DEFAULT 1,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),

    PRIMARY KEY (instance_serial, webhook_serial),
    CONSTRAINT webhook_id_unique UNIQUE (instance_serial, webhook_id),
    CONSTRAINT webhook_id_length CHECK (char_length(webhook_id) BETWEEN 1 AND 128),
    CONSTRAINT webhook_id_characters CHECK (webhook_id !~ '[\u0001-\u001F\u007F-\u009F/\\]'),
    CONSTRAINT webhook_id_dots CHECK (webhook_id NOT IN ('.', '..')),
    CONSTRAINT webhook_id_spaces CHECK (webhook_id !~ '^ | $'),
    CONSTRAINT event_type_form CHECK (event_type ~ '^[a-z][a-z0-9_.]{0,63}$'),
    CONSTRAINT url_length CHECK (octet_length(url) <= 2048),
    CONSTRAINT url_scheme CHECK (url ~* '^https?://'),
    CONSTRAINT url_characters CHECK (url !~ '[\u0001-\u0020\u007F-\u009F#]'),
    CONSTRAINT http_method_known CHECK (http_method IN ('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS')),
    CONSTRAINT header_template_length CHECK (octet_length(header_template) BETWEEN 1 AND 16384),
    CONSTRAINT body_template_length CHECK (octet_length(body_template) BETWEEN 1 AND 262144)
);

COMMENT ON COLUMN webhook.webhook_serial IS 'The order of creation, over all instances.';
COMMENT ON COLUMN webhook.url IS 'As typed; it may hold a user and a password.';
COMMENT ON COLUMN webhook.header_template IS 'Mustache; null: no headers but those of every request.';
COMMENT ON COLUMN webhook.body_template IS 'Mustache; null: no body.';
COMMENT ON COLUMN webhook.version IS 'Grows with each change of the webhook, not when it is stored as it was.';
