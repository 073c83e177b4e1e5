-- The reference schema's functions, as they were, in a schema of their own over the same tables: both sides work
-- on the same data in the same run. What the reference does wrong it does here too: its order numbers
-- collide, its carts and sign-ups fail when two come at once. Changed is only what does not run:
-- is_profile_setup_complete named its argument like a column.
CREATE SCHEMA reference;
SET search_path = reference, public;

CREATE FUNCTION get_or_create_cart(user_uuid uuid) RETURNS uuid AS $$
DECLARE
    cart_uuid uuid;
BEGIN
    SELECT id INTO cart_uuid FROM shopping_carts WHERE user_id = user_uuid AND expires_at > now();
    IF cart_uuid IS NULL THEN
        INSERT INTO shopping_carts (user_id) VALUES (user_uuid) RETURNING id INTO cart_uuid;
    END IF;
    RETURN cart_uuid;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION handle_new_user() RETURNS trigger AS $$
BEGIN
    INSERT INTO profiles (id, email, username) VALUES (NEW.id, NEW.email, lower(split_part(NEW.email, '@', 1)));
    INSERT INTO shopping_carts (user_id) VALUES (NEW.id);
    INSERT INTO user_stats_summary (user_id) VALUES (NEW.id);
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;

CREATE FUNCTION update_updated_at_column() RETURNS trigger AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION calculate_platform_fee(amount numeric) RETURNS numeric AS $$
BEGIN
    RETURN round(amount * 0.05, 2);
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION generate_order_number() RETURNS varchar AS $$
BEGIN
    RETURN 'ORD-' || to_char(now(), 'YYYYMMDD') || '-' || lpad(floor(random() * 10000)::text, 4, '0');
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION get_optimized_image_url(base_url text, size text DEFAULT 'medium') RETURNS text AS $$
BEGIN
    IF base_url LIKE '%_thumb.webp' OR base_url LIKE '%_small.webp' OR base_url LIKE '%_medium.webp' OR base_url LIKE '%_large.webp' THEN
        RETURN base_url;
    END IF;
    IF base_url LIKE '%.webp' THEN
        RETURN replace(base_url, '.webp', '_' || size || '.webp');
    END IF;
    RETURN base_url;
END;
$$ LANGUAGE plpgsql IMMUTABLE;

CREATE FUNCTION is_profile_setup_complete(user_id uuid) RETURNS boolean AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM profiles p
        WHERE p.id = is_profile_setup_complete.user_id AND p.setup_completed = true AND p.username IS NOT NULL
        AND (p.account_type = 'personal' OR (p.account_type = 'brand' AND EXISTS (
            SELECT 1 FROM brand_verification_requests b
            WHERE b.user_id = is_profile_setup_complete.user_id AND b.verification_status = 'approved'))));
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION is_admin(user_id uuid) RETURNS boolean AS $$
BEGIN
    RETURN EXISTS (SELECT 1 FROM profiles WHERE id = is_admin.user_id AND role = 'admin');
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;

CREATE FUNCTION update_setup_completion() RETURNS trigger AS $$
BEGIN
    IF NEW.step_name IN ('avatar_selected', 'profile_info_completed', 'account_type_selected') THEN
        IF EXISTS (
            SELECT 1 FROM profile_setup_progress
            WHERE user_id = NEW.user_id AND step_name = 'avatar_selected' AND completed = true
        ) AND EXISTS (
            SELECT 1 FROM profile_setup_progress
            WHERE user_id = NEW.user_id AND step_name = 'profile_info_completed' AND completed = true
        ) THEN
            UPDATE profiles SET setup_completed = true, setup_completed_at = now() WHERE id = NEW.user_id;
        END IF;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;

-- What Supabase has for auth.uid().
CREATE FUNCTION uid() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
    )::uuid
$$;
