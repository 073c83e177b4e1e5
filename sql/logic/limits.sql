-- Limits: how much clients may write into a column of their own, in bytes. A trigger and no CHECK, which would have to
-- read a column to know its size; and not UPDATE OF, which would keep the shop from changing the column's type. profiles
-- only where they are changed: a sign-up never fails.

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE UPDATE ON @extschema@.profiles
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('bio', '10000', 'avatar_url', '2048', 'cover_url', '2048', 'avatar_urls', '16384', 'cover_urls', '16384', 'location', '16384', 'brand_description', '20000', 'avatar_seed', '2048', 'custom_avatar_url', '2048', 'settings', '65536', 'preferences', '65536', 'website', '2048', 'social_links', '16384', 'privacy_settings', '16384');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.brand_profiles
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('brand_description', '20000', 'brand_story', '20000', 'brand_values', '20000', 'brand_mission', '20000', 'brand_logo_url', '2048', 'brand_cover_url', '2048', 'website_url', '2048', 'instagram_url', '2048', 'facebook_url', '2048', 'twitter_url', '2048', 'youtube_url', '2048', 'tiktok_url', '2048', 'social_links', '16384');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.documents
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('url', '2048');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.profile_setup_progress
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('step_name', '100', 'data', '65536');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.brand_verification_requests
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('brand_name', '400', 'brand_category', '400', 'business_registration_number', '400', 'tax_id', '400', 'documents', '65536', 'social_media_accounts', '16384', 'admin_notes', '20000');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.social_media_accounts
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('username', '400', 'url', '2048');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.categories
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('description', '20000', 'meta_title', '1000', 'meta_description', '5000', 'icon_url', '2048', 'translations', '65536');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.listings
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('description', '65536', 'images', '65536', 'image_urls', '65536', 'video_url', '2048', 'location', '16384', 'shipping_info', '16384', 'tags', '16384', 'materials', '16384', 'image_metadata', '65536');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.listing_drafts
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('form_data', '262144');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.product_variants
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('attributes', '16384');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.coupons
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('description', '20000');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.messages
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('content', '40000', 'attachments', '65536');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.user_ratings
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('comment', '20000');

CREATE OR REPLACE TRIGGER check_sizes
    BEFORE INSERT OR UPDATE ON @extschema@.admin_approvals
    FOR EACH ROW EXECUTE FUNCTION private.check_sizes('notes', '40000', 'metadata', '65536');

-- How often: after the statement, because only then it is known how many rows it has written.

CREATE OR REPLACE TRIGGER limit_rate
    AFTER INSERT ON @extschema@.listings
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('listings');

CREATE OR REPLACE TRIGGER limit_rate
    AFTER INSERT ON @extschema@.favorites
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('favorites');

CREATE OR REPLACE TRIGGER limit_rate
    AFTER INSERT ON @extschema@.conversations
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('conversations');

CREATE OR REPLACE TRIGGER limit_rate
    AFTER INSERT ON @extschema@.messages
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('messages');

CREATE OR REPLACE TRIGGER limit_rate
    AFTER INSERT ON @extschema@.user_follows
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('follows');
