-- What a search looks in, so that it reads one text for each webhook. The
-- database makes it, so that no program can forget it: not one of the version
-- before, and nobody in psql.
--
-- lower() knows the letters of ASCII here, whatever the database's locale is,
-- and the two other signs whose small letters these are follow. What else has
-- two cases, the search itself knows. A line break parts the three, since none
-- of them can hold one. What stands before the last @ of a URL's authority is
-- left out: a search must not find by a password.

ALTER TABLE webhook ADD COLUMN IF NOT EXISTS search text COLLATE "C" GENERATED ALWAYS AS (
    translate(lower(
        webhook_id || E'\n' || event_type || E'\n' || regexp_replace(url, '^([^/]*//)[^/?]*@', '\1')
    ), E'\u017F\u212A', 'sk')
) STORED;

COMMENT ON COLUMN webhook.search IS 'ID, event and URL without its user and password, for searching; letters of ASCII are small.';
