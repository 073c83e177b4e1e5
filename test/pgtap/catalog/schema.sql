-- The contract of the schema, catalog: categories, listings, variants, favourites.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(38);


-- categories
SELECT is(tests.columns_of('categories'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
name character varying(100) NOT NULL
slug character varying(100) NOT NULL
icon character varying(10) DEFAULT '📦'::character varying
description text
parent_id uuid
is_active boolean DEFAULT true
sort_order integer DEFAULT 0
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
display_order integer DEFAULT 0
meta_title text
meta_description text
icon_url text
translations jsonb NOT NULL DEFAULT '{}'::jsonb
moved_at timestamp with time zone
$$, 'categories has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('categories'), $$
categories_id_parent_id_key UNIQUE (id, parent_id)
categories_name_parent_id_key UNIQUE NULLS NOT DISTINCT (name, parent_id)
categories_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES categories(id)
categories_parent_is_another_check CHECK ((parent_id <> id))
categories_pkey PRIMARY KEY (id)
categories_translations_check CHECK (((jsonb_typeof(translations) = 'object'::text) AND (NOT jsonb_path_exists(translations, '$.keyvalue()?(!(@."key" like_regex "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$") || @."value".type() != "object")'::jsonpath, '{}'::jsonb, true)) AND (NOT jsonb_path_exists(translations, '$.*.keyvalue()?(!((@."key" == "name" || @."key" == "slug") || @."key" == "description") || @."value".type() != "string")'::jsonpath, '{}'::jsonb, true)) AND (NOT jsonb_path_exists(translations, '$.*."name"?(!(@ like_regex "^.{1,100}$" && @ like_regex "[^[:space:]]"))'::jsonpath, '{}'::jsonb, true)) AND (NOT jsonb_path_exists(translations, '$.*."slug"?(!(@ like_regex "^[^[:space:]/?#]{1,100}$"))'::jsonpath, '{}'::jsonb, true))))
idx_categories_slug UNIQUE (slug)
$$, 'categories has its constraints');
SELECT is(tests.indexes_of('categories'), $$
idx_categories_is_active USING btree (is_active)
idx_categories_parent_id USING btree (parent_id)
$$, 'categories has its indexes');
SELECT is(tests.triggers_of('categories'), $$
check_sizes BEFORE INSERT OR UPDATE ON categories FOR EACH ROW EXECUTE FUNCTION private.check_sizes('description', '20000', 'meta_title', '1000', 'meta_description', '5000', 'icon_url', '2048', 'translations', '65536')
keep_category_slugs AFTER INSERT ON categories FOR EACH ROW WHEN (new.translations <> '{}'::jsonb) EXECUTE FUNCTION private.keep_category_slugs()
keep_category_tree BEFORE INSERT OR UPDATE OF parent_id ON categories FOR EACH ROW EXECUTE FUNCTION private.keep_category_tree()
keep_changed_category_slugs AFTER UPDATE ON categories FOR EACH ROW WHEN (old.translations IS DISTINCT FROM new.translations) EXECUTE FUNCTION private.keep_category_slugs()
keep_changed_category_tree AFTER UPDATE ON categories FOR EACH ROW WHEN (old.parent_id IS DISTINCT FROM new.parent_id) EXECUTE FUNCTION private.keep_category_tree()
record_staff_change AFTER INSERT OR DELETE OR UPDATE ON categories FOR EACH ROW EXECUTE FUNCTION private.record_staff_change('category')
update_categories_updated_at BEFORE UPDATE ON categories FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'categories has its triggers');
SELECT is(tests.policies_of('categories'), $$
"Anyone can view categories" SELECT TO anon, authenticated
"Only admins can manage categories" INSERT TO authenticated
"Only admins can remove categories" DELETE TO authenticated
"Only admins can update categories" UPDATE TO authenticated
$$, 'categories has its policies');

-- category_slugs
SELECT is(tests.columns_of('category_slugs'), $$
locale character varying(35) NOT NULL
slug character varying(100) NOT NULL
category_id uuid NOT NULL
$$, 'category_slugs has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('category_slugs'), $$
category_slugs_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories(id) ON DELETE CASCADE
category_slugs_pkey PRIMARY KEY (locale, slug)
$$, 'category_slugs has its constraints');
SELECT is(tests.indexes_of('category_slugs'), $$
idx_category_slugs_category_id USING btree (category_id)
$$, 'category_slugs has its indexes');
SELECT is(tests.policies_of('category_slugs'), $$
"Anyone can view category slugs" SELECT TO anon, authenticated
$$, 'category_slugs has its policies');

-- category_counts
SELECT is(tests.columns_of('category_counts'), $$
category_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid
virtual_type text NOT NULL DEFAULT ''::text
product_count bigint NOT NULL
counted_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'category_counts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('category_counts'), $$
category_counts_pkey PRIMARY KEY (category_id, virtual_type)
category_counts_product_count_check CHECK ((product_count >= 0))
$$, 'category_counts has its constraints');
SELECT is(tests.indexes_of('category_counts'), E'\n', 'category_counts has no indexes but its constraints''');
SELECT is(tests.policies_of('category_counts'), $$
"Anyone can view category counts" SELECT TO anon, authenticated
$$, 'category_counts has its policies');

-- listings
SELECT is(tests.columns_of('listings'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
seller_id uuid NOT NULL
title character varying(200) NOT NULL
slug character varying(255) NOT NULL DEFAULT ''::character varying
description text NOT NULL
category_id uuid
condition character varying(20) DEFAULT 'new'::character varying
price numeric(10,2) NOT NULL
currency character varying(3) NOT NULL DEFAULT COALESCE(current_setting('driplo.default_currency'::text, true), 'USD'::text)
quantity integer NOT NULL DEFAULT 1
images jsonb DEFAULT '[]'::jsonb
image_urls jsonb DEFAULT '[]'::jsonb
video_url text
location jsonb DEFAULT '{}'::jsonb
shipping_info jsonb DEFAULT '{}'::jsonb
tags text[] DEFAULT '{}'::text[]
status character varying(20) NOT NULL DEFAULT 'draft'::character varying
is_featured boolean DEFAULT false
view_count integer NOT NULL DEFAULT 0
favorite_count integer NOT NULL DEFAULT 0
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
published_at timestamp with time zone
sold_at timestamp with time zone
metadata jsonb DEFAULT '{}'::jsonb
brand character varying(100)
size character varying(50)
color character varying(50)
materials text[] DEFAULT '{}'::text[]
subcategory_id uuid
location_city character varying(100)
shipping_cost numeric(10,2)
shipping_type character varying(50)
ships_worldwide boolean
image_metadata jsonb DEFAULT '[]'::jsonb
language character varying(35)
$$, 'listings has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('listings'), $$
listings_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories(id) ON DELETE SET NULL
listings_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
listings_id_seller_id_key UNIQUE (id, seller_id)
listings_image_metadata_check CHECK ((jsonb_typeof(image_metadata) = ANY (ARRAY['array'::text, 'object'::text])))
listings_language_check CHECK (((language)::text ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'::text))
listings_pkey PRIMARY KEY (id)
listings_price_check CHECK (((price >= (0)::numeric) AND (price < 'NaN'::numeric)))
listings_quantity_check CHECK ((quantity >= 0))
listings_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE CASCADE
listings_shipping_cost_agrees_check CHECK (((shipping_cost IS NULL) OR
CASE
    WHEN (jsonb_typeof((shipping_info -> 'cost'::text)) = 'number'::text) THEN (shipping_cost = round(((shipping_info ->> 'cost'::text))::numeric, 2))
    ELSE false
END))
listings_slug_key UNIQUE (slug)
listings_status_check CHECK (((status)::text = ANY (ARRAY['draft'::text, 'active'::text, 'reserved'::text, 'sold'::text, 'archived'::text, 'removed'::text, 'deleted'::text])))
listings_subcategory_has_category_check CHECK (((subcategory_id IS NULL) OR (category_id IS NOT NULL)))
listings_subcategory_id_fkey FOREIGN KEY (subcategory_id, category_id) REFERENCES categories(id, parent_id) ON UPDATE CASCADE ON DELETE SET NULL (subcategory_id)
listings_view_count_check CHECK ((view_count >= 0))
$$, 'listings has its constraints');
SELECT is(tests.indexes_of('listings'), $$
idx_listings_brand USING btree (brand)
idx_listings_category_id USING btree (category_id)
idx_listings_category_newest USING btree (category_id, created_at DESC)
idx_listings_color USING btree (color)
idx_listings_condition USING btree (condition)
idx_listings_created_at USING btree (created_at DESC)
idx_listings_featured USING btree (created_at DESC) WHERE is_featured
idx_listings_image_urls USING gin (image_urls)
idx_listings_price USING btree (price)
idx_listings_seller_id USING btree (seller_id)
idx_listings_size USING btree (size)
idx_listings_status USING btree (published_at DESC)
idx_listings_subcategory_id USING btree (subcategory_id) WHERE (subcategory_id IS NOT NULL)
idx_listings_subcategory_newest USING btree (subcategory_id, created_at DESC) WHERE (subcategory_id IS NOT NULL)
idx_listings_title_search USING gin (to_tsvector('english'::regconfig, (title)::text))
$$, 'listings has its indexes');
SELECT is(tests.triggers_of('listings'), $$
agree_on_listing BEFORE INSERT OR UPDATE OF shipping_cost, shipping_info, category_id, subcategory_id ON listings FOR EACH ROW EXECUTE FUNCTION private.agree_on_listing()
check_changed_listing_terms AFTER UPDATE ON listings FOR EACH ROW WHEN (old.price IS DISTINCT FROM new.price OR old.currency::text IS DISTINCT FROM new.currency::text OR old.shipping_info IS DISTINCT FROM new.shipping_info OR old.ships_worldwide IS DISTINCT FROM new.ships_worldwide) EXECUTE FUNCTION private.check_listing_terms()
check_changed_seller AFTER UPDATE ON listings FOR EACH ROW WHEN (new.status::text = 'active'::text AND old.status::text IS DISTINCT FROM new.status::text) EXECUTE FUNCTION private.check_seller()
check_listing_terms BEFORE INSERT OR UPDATE OF price, currency, shipping_info, shipping_cost, ships_worldwide ON listings FOR EACH ROW EXECUTE FUNCTION private.check_listing_terms()
check_new_listing_terms AFTER INSERT ON listings FOR EACH ROW EXECUTE FUNCTION private.check_listing_terms()
check_seller AFTER INSERT ON listings FOR EACH ROW WHEN (new.status::text = 'active'::text) EXECUTE FUNCTION private.check_seller()
check_sizes BEFORE INSERT OR UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION private.check_sizes('description', '65536', 'images', '65536', 'image_urls', '65536', 'video_url', '2048', 'location', '16384', 'shipping_info', '16384', 'tags', '16384', 'materials', '16384', 'image_metadata', '65536')
count_added_listings AFTER INSERT ON listings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_listings()
count_changed_listings AFTER UPDATE ON listings REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_listings()
count_removed_listings AFTER DELETE ON listings REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.count_listings()
forget_matches AFTER DELETE ON listings REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.forget_matches('listing_id')
guard_listing BEFORE INSERT OR UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION private.guard_listing()
index_added_listings AFTER INSERT ON listings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.index_listings()
index_changed_listings AFTER UPDATE ON listings REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.index_listings()
keep_ordered_listing BEFORE DELETE ON listings FOR EACH ROW EXECUTE FUNCTION private.keep_ordered_listing()
limit_rate AFTER INSERT ON listings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('listings')
update_listings_updated_at BEFORE UPDATE ON listings FOR EACH ROW WHEN (NOT new.favorite_count IS DISTINCT FROM old.favorite_count AND NOT new.view_count IS DISTINCT FROM old.view_count) EXECUTE FUNCTION update_updated_at_column()
$$, 'listings has its triggers');
SELECT is(tests.policies_of('listings'), $$
"Listings are viewable by everyone" SELECT TO anon
"Signed-in users can view listings and their own" SELECT TO authenticated
"Users can create their own listings" INSERT TO authenticated
"Users can delete their own listings" DELETE TO authenticated
"Users can update their own listings" UPDATE TO authenticated
$$, 'listings has its policies');

-- product_variants
SELECT is(tests.columns_of('product_variants'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
listing_id uuid NOT NULL
name character varying(100) NOT NULL
sku character varying(100)
price numeric(10,2) NOT NULL
quantity integer NOT NULL DEFAULT 0
attributes jsonb DEFAULT '{}'::jsonb
is_active boolean DEFAULT true
created_at timestamp with time zone NOT NULL DEFAULT now()
seller_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'::uuid
$$, 'product_variants has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('product_variants'), $$
product_variants_id_listing_id_key UNIQUE (id, listing_id)
product_variants_listing_id_fkey FOREIGN KEY (listing_id, seller_id) REFERENCES listings(id, seller_id) ON DELETE CASCADE
product_variants_pkey PRIMARY KEY (id)
product_variants_price_check CHECK (((price >= (0)::numeric) AND (price < 'NaN'::numeric)))
product_variants_quantity_check CHECK ((quantity >= 0))
$$, 'product_variants has its constraints');
SELECT is(tests.indexes_of('product_variants'), $$
idx_product_variants_listing_id USING btree (listing_id)
idx_product_variants_seller_id USING btree (seller_id)
idx_product_variants_sku UNIQUE USING btree (sku, seller_id) WHERE (sku IS NOT NULL)
$$, 'product_variants has its indexes');
SELECT is(tests.triggers_of('product_variants'), $$
check_changed_variant_terms AFTER UPDATE ON product_variants FOR EACH ROW WHEN (old.price IS DISTINCT FROM new.price OR old.listing_id IS DISTINCT FROM new.listing_id) EXECUTE FUNCTION private.check_variant_terms()
check_sizes BEFORE INSERT OR UPDATE ON product_variants FOR EACH ROW EXECUTE FUNCTION private.check_sizes('attributes', '16384')
check_variant_terms AFTER INSERT ON product_variants FOR EACH ROW EXECUTE FUNCTION private.check_variant_terms()
keep_ordered_variant BEFORE DELETE ON product_variants FOR EACH ROW EXECUTE FUNCTION private.keep_ordered_variant()
restock_listing_by_more AFTER UPDATE ON product_variants FOR EACH ROW WHEN (new.is_active AND new.quantity > 0 AND (new.quantity > old.quantity OR old.is_active IS NOT TRUE)) EXECUTE FUNCTION private.restock_listing()
restock_listing_by_new AFTER INSERT ON product_variants FOR EACH ROW WHEN (new.is_active AND new.quantity > 0) EXECUTE FUNCTION private.restock_listing()
set_changed_variant_seller BEFORE UPDATE ON product_variants FOR EACH ROW WHEN (old.listing_id IS DISTINCT FROM new.listing_id OR old.seller_id IS DISTINCT FROM new.seller_id) EXECUTE FUNCTION private.set_variant_seller()
set_variant_seller BEFORE INSERT ON product_variants FOR EACH ROW EXECUTE FUNCTION private.set_variant_seller()
$$, 'product_variants has its triggers');
SELECT is(tests.policies_of('product_variants'), $$
"Anyone can view active variants" SELECT TO anon
"Sellers can manage their variants" INSERT TO authenticated
"Sellers can remove their variants" DELETE TO authenticated
"Sellers can update their variants" UPDATE TO authenticated
"Signed-in users can view active variants and their own" SELECT TO authenticated
$$, 'product_variants has its policies');

-- favorites
SELECT is(tests.columns_of('favorites'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
user_id uuid NOT NULL
listing_id uuid NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
price_seen numeric(10,2)
currency_seen character varying(3)
$$, 'favorites has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('favorites'), $$
favorites_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
favorites_pkey PRIMARY KEY (id)
favorites_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
favorites_user_id_listing_id_key UNIQUE (user_id, listing_id)
$$, 'favorites has its constraints');
SELECT is(tests.indexes_of('favorites'), $$
idx_favorites_created_at USING brin (created_at) WITH (autosummarize='on', pages_per_range='32')
idx_favorites_listing_id USING btree (listing_id)
idx_favorites_user_id USING btree (user_id)
$$, 'favorites has its indexes');
SELECT is(tests.triggers_of('favorites'), $$
count_added_favorites AFTER INSERT ON favorites REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_favorites()
count_changed_favorites AFTER UPDATE ON favorites REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_favorites()
count_removed_favorites AFTER DELETE ON favorites REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.count_favorites()
limit_rate AFTER INSERT ON favorites REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rate('favorites')
note_price_seen BEFORE INSERT ON favorites FOR EACH ROW EXECUTE FUNCTION private.note_price_seen()
$$, 'favorites has its triggers');
SELECT is(tests.policies_of('favorites'), $$
"Users can manage their favorites" INSERT TO authenticated
"Users can remove their favorites" DELETE TO authenticated
"Users can upsert their favorites" UPDATE TO authenticated
"Users can view their favorites" SELECT TO authenticated
$$, 'favorites has its policies');

-- listing_conditions
SELECT is(tests.columns_of('listing_conditions'), $$
code character varying(20) NOT NULL
label character varying(100) NOT NULL
description text
sort_order integer NOT NULL DEFAULT 0
$$, 'listing_conditions has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('listing_conditions'), $$
listing_conditions_code_check CHECK (((code)::text ~ '^[a-z0-9_]+$'::text))
listing_conditions_pkey PRIMARY KEY (code)
$$, 'listing_conditions has its constraints');
SELECT is(tests.indexes_of('listing_conditions'), E'\n', 'listing_conditions has no indexes but its constraints''');
SELECT is(tests.triggers_of('listing_conditions'), E'\n', 'listing_conditions has no triggers');
SELECT is(tests.policies_of('listing_conditions'), $$
"Anyone can view conditions" SELECT TO anon, authenticated
$$, 'listing_conditions has its policies');

-- listing_drafts
SELECT is(tests.columns_of('listing_drafts'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
form_data jsonb NOT NULL DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'listing_drafts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('listing_drafts'), $$
listing_drafts_form_data_check CHECK ((jsonb_typeof(form_data) = 'object'::text))
listing_drafts_pkey PRIMARY KEY (id)
listing_drafts_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
listing_drafts_user_id_key UNIQUE (user_id)
$$, 'listing_drafts has its constraints');
SELECT is(tests.indexes_of('listing_drafts'), E'\n', 'listing_drafts has no indexes but its constraints''');
SELECT is(tests.triggers_of('listing_drafts'), $$
check_sizes BEFORE INSERT OR UPDATE ON listing_drafts FOR EACH ROW EXECUTE FUNCTION private.check_sizes('form_data', '262144')
update_listing_drafts_updated_at BEFORE UPDATE ON listing_drafts FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'listing_drafts has its triggers');
SELECT is(tests.policies_of('listing_drafts'), $$
"Users can remove own draft" DELETE TO authenticated
"Users can save own draft" INSERT TO authenticated
"Users can update own draft" UPDATE TO authenticated
"Users can view own draft" SELECT TO authenticated
$$, 'listing_drafts has its policies');

SELECT * FROM finish();
ROLLBACK;
