// Types of driplo's API schema, in the shape of supabase-js. Made by `make docs`; do not edit.

export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  api: {
    Tables: {
      admin_approvals: {
        Row: {
          action: string
          admin_id: string | null
          created_at: string
          id: string
          metadata: Json | null
          notes: string | null
          /** ID of the row that was decided; request_type determines its table. */
          request_id: string
          request_type: string
        }
        Insert: {
          action: string
          admin_id?: string | null
          id?: string
          metadata?: Json | null
          notes?: string | null
          request_id: string
          request_type: string
        }
        Update: Record<string, never>
        Relationships: []
      }
      admin_audit_log: {
        Row: {
          action: string
          admin_id: string | null
          created_at: string
          id: string
          ip_address: string | null
          /** Changed columns after the action; a JSON object. */
          new_values: Json | null
          /** Changed columns before the action; a JSON object. */
          old_values: Json | null
          target_id: string | null
          target_type: string | null
          user_agent: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "admin_audit_log_admin_id_fkey"
            columns: ["admin_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      auth_login_history: {
        Row: {
          /** Name of the event, such as login or password_change. */
          action: string
          event_id: string
          failure_reason: string | null
          id: number
          ip_address: string | null
          /** Whether the event was logged by a client of the user, and not by the service: then address and result are what that client says. */
          is_self_reported: boolean
          login_at: string
          /** Data that the application stores about the event; a JSON object. */
          metadata: Json
          success: boolean | null
          user_agent: string | null
          user_id: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: []
      }
      auth_sessions: {
        Row: {
          created_at: string
          expires_at: string
          id: string
          ip_address: string | null
          last_used_at: string
          remember_me: boolean | null
          user_agent: string | null
          user_id: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: []
      }
      brand_profiles: {
        Row: {
          brand_cover_url: string | null
          brand_description: string | null
          brand_logo_url: string | null
          brand_mission: string | null
          /** Name of the brand, always that of the profile: writing either of them changes both. */
          brand_name: string | null
          /** Unique last part of the page's address: letters a to z, digits, and hyphens. */
          brand_slug: string
          brand_story: string | null
          brand_values: string | null
          created_at: string
          facebook_url: string | null
          id: string
          instagram_url: string | null
          /** Links by name; a JSON object. */
          social_links: Json
          tiktok_url: string | null
          twitter_url: string | null
          updated_at: string
          user_id: string
          website_url: string | null
          youtube_url: string | null
        }
        Insert: {
          brand_cover_url?: string | null
          brand_description?: string | null
          brand_logo_url?: string | null
          brand_mission?: string | null
          brand_name?: string | null
          brand_slug: string
          brand_story?: string | null
          brand_values?: string | null
          facebook_url?: string | null
          id?: string
          instagram_url?: string | null
          social_links?: Json
          tiktok_url?: string | null
          twitter_url?: string | null
          user_id: string
          website_url?: string | null
          youtube_url?: string | null
        }
        Update: {
          brand_cover_url?: string | null
          brand_description?: string | null
          brand_logo_url?: string | null
          brand_mission?: string | null
          brand_name?: string | null
          brand_slug?: string
          brand_story?: string | null
          brand_values?: string | null
          facebook_url?: string | null
          instagram_url?: string | null
          social_links?: Json
          tiktok_url?: string | null
          twitter_url?: string | null
          website_url?: string | null
          youtube_url?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "brand_profiles_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      brand_verification_requests: {
        Row: {
          /** Notes of the reviewer, shown to the applicant. */
          admin_notes: string | null
          brand_category: string
          brand_name: string
          business_registration_number: string | null
          created_at: string
          /** Documents that the applicant has submitted; a JSON array. */
          documents: Json | null
          id: string
          reviewed_at: string | null
          reviewed_by: string | null
          /** Approved revision. Required for approving any revision other than the first. */
          reviewed_revision: number | null
          /** Revision of the submitted data, increased by the database with each change. */
          revision: number
          social_media_accounts: Json | null
          submitted_at: string
          tax_id: string | null
          updated_at: string
          user_id: string
          verification_status: string
        }
        Insert: {
          brand_category: string
          brand_name: string
          business_registration_number?: string | null
          documents?: Json | null
          id?: string
          social_media_accounts?: Json | null
          tax_id?: string | null
          user_id: string
        }
        Update: {
          admin_notes?: string | null
          brand_category?: string
          brand_name?: string
          business_registration_number?: string | null
          documents?: Json | null
          reviewed_at?: string | null
          reviewed_by?: string | null
          reviewed_revision?: number | null
          social_media_accounts?: Json | null
          tax_id?: string | null
          verification_status?: string
        }
        Relationships: []
      }
      cart_items: {
        Row: {
          added_at: string
          cart_id: string
          id: string
          /** Whether the buyer wants to pick the item up: set_cart_pickup(). */
          is_picked_up: boolean
          listing_id: string
          /** Offer at whose price the item is bought; if it no longer applies, the item cannot be bought. */
          offer_id: string | null
          quantity: number
          variant_id: string | null
        }
        Insert: {
          cart_id: string
          id?: string
          listing_id: string
          quantity?: number
          variant_id?: string | null
        }
        Update: {
          quantity?: number
        }
        Relationships: [
          {
            foreignKeyName: "cart_items_cart_id_fkey"
            columns: ["cart_id"]
            isOneToOne: false
            referencedRelation: "shopping_carts"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "cart_items_listing_id_fkey"
            columns: ["listing_id"]
            isOneToOne: false
            referencedRelation: "listings"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "cart_items_offer_id_fkey"
            columns: ["offer_id"]
            isOneToOne: false
            referencedRelation: "offers"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "cart_items_variant_id_fkey"
            columns: ["variant_id", "listing_id"]
            isOneToOne: false
            referencedRelation: "product_variants"
            referencedColumns: ["id", "listing_id"]
          },
        ]
      }
      categories: {
        Row: {
          created_at: string
          description: string | null
          display_order: number | null
          /** Emoji shown as icon. */
          icon: string | null
          icon_url: string | null
          id: string
          is_active: boolean | null
          meta_description: string | null
          meta_title: string | null
          /** When it moved to another parent; NULL once reindex_search() has made the documents of its listings again. */
          moved_at: string | null
          name: string
          parent_id: string | null
          slug: string
          sort_order: number | null
          /** JSON object of locales in lower case, such as bg or pt-BR, each an object with name, slug, and description; a slug is unique in its locale. */
          translations: Json
          updated_at: string
        }
        Insert: {
          description?: string | null
          display_order?: number | null
          icon?: string | null
          icon_url?: string | null
          id?: string
          is_active?: boolean | null
          meta_description?: string | null
          meta_title?: string | null
          name: string
          parent_id?: string | null
          slug: string
          sort_order?: number | null
          translations?: Json
        }
        Update: {
          description?: string | null
          display_order?: number | null
          icon?: string | null
          icon_url?: string | null
          is_active?: boolean | null
          meta_description?: string | null
          meta_title?: string | null
          name?: string
          parent_id?: string | null
          slug?: string
          sort_order?: number | null
          translations?: Json
        }
        Relationships: [
          {
            foreignKeyName: "categories_parent_id_fkey"
            columns: ["parent_id"]
            isOneToOne: false
            referencedRelation: "categories"
            referencedColumns: ["id"]
          },
        ]
      }
      category_counts: {
        Row: {
          /** Category, counted with all below it; 00000000-0000-0000-0000-000000000000 for all listings. */
          category_id: string
          counted_at: string
          product_count: number
          /** Empty for all listings of the category, or featured, new, free_shipping, or ships_worldwide. */
          virtual_type: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: []
      }
      category_slugs: {
        Row: {
          category_id: string
          locale: string
          slug: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "category_slugs_category_id_fkey"
            columns: ["category_id"]
            isOneToOne: false
            referencedRelation: "categories"
            referencedColumns: ["id"]
          },
        ]
      }
      checkouts: {
        Row: {
          buyer_id: string
          created_at: string
          id: string
          idempotency_key: string
          order_ids: string[]
          /** Arguments of the checkout, compared when the key is used again; a JSON object. */
          request: Json
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "checkouts_buyer_id_fkey"
            columns: ["buyer_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      commission_rules: {
        Row: {
          category_id: string | null
          currency: string | null
          /** Added to the percentage, once for an order item whatever its quantity. */
          flat: number
          id: string
          /** The most for an order item and its shipping. */
          maximum: number | null
          /** The least for an order item, as far as it costs so much. */
          minimum: number | null
          name: string
          /** Whether the percentage is of the shipping too; NULL: as driplo.fee_on_shipping says. */
          of_shipping: boolean | null
          percent: number
          price_below: number | null
          price_from: number | null
          /** Of the rules that fit the one with the highest priority counts; of equal ones that of the seller, then of the nearest category, then the latest. */
          priority: number
          seller_id: string | null
          valid_from: string
          valid_until: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "commission_rules_category_id_fkey"
            columns: ["category_id"]
            isOneToOne: false
            referencedRelation: "categories"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "commission_rules_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      conversations: {
        Row: {
          archived_by_buyer: boolean | null
          archived_by_seller: boolean | null
          buyer_id: string | null
          /** Number of messages to the buyer that are unread; maintained by a trigger. */
          buyer_unread_count: number
          created_at: string
          id: string
          /** Whether the conversation was started without a listing; set by a trigger. At most one direct conversation exists per buyer and seller. */
          is_direct: boolean
          /** Time of the latest message; maintained by a trigger. */
          last_message_at: string
          /** Listing of the seller; NULL for a direct conversation, or after the listing was deleted. */
          listing_id: string | null
          seller_id: string | null
          /** Number of messages to the seller that are unread; maintained by a trigger. */
          seller_unread_count: number
          /** Time of the latest message or change of the conversation; reading it is no change. Maintained by a trigger. */
          updated_at: string
        }
        Insert: {
          buyer_id?: string | null
          id?: string
          listing_id?: string | null
          seller_id?: string | null
        }
        Update: {
          archived_by_buyer?: boolean | null
          archived_by_seller?: boolean | null
        }
        Relationships: [
          {
            foreignKeyName: "conversations_buyer_id_fkey"
            columns: ["buyer_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "conversations_listing_id_fkey"
            columns: ["listing_id", "seller_id"]
            isOneToOne: false
            referencedRelation: "listings"
            referencedColumns: ["id", "seller_id"]
          },
          {
            foreignKeyName: "conversations_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      coupon_usage: {
        Row: {
          /** Checkout. All rows of the same coupon and checkout are one use. */
          checkout_id: string | null
          condition: Json | null
          /** Whether this row is the one that counts as the use of its checkout. */
          counts: boolean
          coupon_id: string | null
          /** Discount, in major units of the order's currency. */
          discount_amount: number
          failure_reason: string | null
          id: string
          is_successful: boolean | null
          order_amount: number | null
          order_id: string | null
          used_at: string
          user_id: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "coupon_usage_coupon_id_fkey"
            columns: ["coupon_id"]
            isOneToOne: false
            referencedRelation: "coupons"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "coupon_usage_coupon_id_fkey"
            columns: ["coupon_id"]
            isOneToOne: false
            referencedRelation: "public_coupons"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "coupon_usage_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "coupon_usage_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      coupons: {
        Row: {
          buy_quantity: number | null
          can_stack: boolean | null
          category_ids: string[] | null
          code: string
          created_at: string
          /** Currency of the amounts, driplo.coupon_currency by default; the coupon applies only to items in this currency. NULL if the coupon has no amounts; it then applies to items in any currency, each currency separately. */
          currency: string | null
          description: string | null
          discount_type: Database["api"]["Enums"]["discount_type"]
          /** Percentage for type percentage, or amount in major units of currency for fixed_amount. */
          discount_value: number
          excluded_listing_ids: string[] | null
          /** For type buy_x_get_y: categories, with their subcategories, of the items that are free. If neither this nor get_listing_ids is set, the free items are among those that are bought. */
          get_category_ids: string[]
          /** For type buy_x_get_y: listings of the items that are free. */
          get_listing_ids: string[]
          get_quantity: number | null
          id: string
          is_active: boolean | null
          /** Whether everyone can see the coupon while it is valid. Otherwise only its seller and staff can see it, and users who know the code can use it. */
          is_public: boolean
          listing_ids: string[] | null
          /** Maximum discount per use, in major units of currency. */
          maximum_discount: number | null
          minimum_account_age_days: number | null
          /** Minimum total price of the matching items of a checkout before any discount, in major units of currency. */
          minimum_purchase: number | null
          name: string
          new_users_only: boolean | null
          seller_id: string | null
          target_type: Database["api"]["Enums"]["promotion_target"] | null
          updated_at: string
          /** Number of successful uses, maintained by a trigger on coupon_usage. */
          usage_count: number
          usage_limit: number | null
          usage_limit_per_user: number | null
          /** Users who may use the coupon, at most 10000; empty if all users may. */
          user_ids: string[] | null
          valid_from: string | null
          valid_until: string | null
        }
        Insert: {
          buy_quantity?: number | null
          can_stack?: boolean | null
          category_ids?: string[] | null
          code: string
          currency?: string | null
          description?: string | null
          discount_type: Database["api"]["Enums"]["discount_type"]
          discount_value: number
          excluded_listing_ids?: string[] | null
          get_category_ids?: string[]
          get_listing_ids?: string[]
          get_quantity?: number | null
          id?: string
          is_active?: boolean | null
          is_public?: boolean
          listing_ids?: string[] | null
          maximum_discount?: number | null
          minimum_account_age_days?: number | null
          minimum_purchase?: number | null
          name: string
          new_users_only?: boolean | null
          seller_id?: string | null
          target_type?: Database["api"]["Enums"]["promotion_target"] | null
          usage_limit?: number | null
          usage_limit_per_user?: number | null
          user_ids?: string[] | null
          valid_from?: string | null
          valid_until?: string | null
        }
        Update: {
          buy_quantity?: number | null
          can_stack?: boolean | null
          category_ids?: string[] | null
          code?: string
          currency?: string | null
          description?: string | null
          discount_type?: Database["api"]["Enums"]["discount_type"]
          discount_value?: number
          excluded_listing_ids?: string[] | null
          get_category_ids?: string[]
          get_listing_ids?: string[]
          get_quantity?: number | null
          is_active?: boolean | null
          is_public?: boolean
          listing_ids?: string[] | null
          maximum_discount?: number | null
          minimum_account_age_days?: number | null
          minimum_purchase?: number | null
          name?: string
          new_users_only?: boolean | null
          target_type?: Database["api"]["Enums"]["promotion_target"] | null
          usage_limit?: number | null
          usage_limit_per_user?: number | null
          user_ids?: string[] | null
          valid_from?: string | null
          valid_until?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "coupons_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      currencies: {
        Row: {
          code: string
          /** Decimal places. Calculations do not read them here; check_integrity() compares. */
          minor_units: number
          name: string
          /** The smallest amount in major units that a card can pay, 0 for none: checkout() leaves no less to pay when store credit pays a part. Changed by set_smallest_card_amount(). */
          smallest_card_amount: number
          symbol: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: []
      }
      dispute_messages: {
        Row: {
          /** JSON array of URLs or paths. */
          attachments: Json | null
          created_at: string
          dispute_id: string
          id: string
          /** Whether the message is visible to staff only and never to the parties. */
          is_private_note: boolean | null
          /** Whether the message was written by staff who are not a party of the dispute. */
          is_staff_message: boolean | null
          /** Whether the message reports a status change; written by a trigger, without a sender. */
          is_system_message: boolean | null
          message: string
          sender_id: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "dispute_messages_dispute_id_fkey"
            columns: ["dispute_id"]
            isOneToOne: false
            referencedRelation: "disputes"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "dispute_messages_sender_id_fkey"
            columns: ["sender_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      disputes: {
        Row: {
          /** Time since which the party named by the status has owed a response; NULL if no response is awaited. Set by a trigger. */
          awaiting_since: string | null
          created_at: string
          description: string
          /** Dispute number for people, DSP-YYYYMMDD-N; never assigned twice. */
          dispute_number: string
          id: string
          initiated_by: string | null
          /** Whether the dispute is undecided, that is, its status is not resolved, closed, or cancelled. */
          is_open: boolean | null
          order_id: string
          resolution: Database["api"]["Enums"]["resolution_type"] | null
          /** Reason for the decision, shown to both parties. */
          resolution_notes: string | null
          resolved_at: string | null
          respondent_id: string | null
          status: Database["api"]["Enums"]["dispute_status"]
          title: string
          type: Database["api"]["Enums"]["dispute_type"]
          updated_at: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "disputes_initiated_by_fkey"
            columns: ["initiated_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "disputes_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "disputes_respondent_id_fkey"
            columns: ["respondent_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      documents: {
        Row: {
          created_at: string
          id: string
          mime_type: string | null
          name: string
          rejection_reason: string | null
          /** Size of the file, in bytes. */
          size: number | null
          status: string
          type: string
          updated_at: string
          /** Address or path of the file in the file store. */
          url: string
          user_id: string
          verified_at: string | null
        }
        Insert: {
          id?: string
          mime_type?: string | null
          name: string
          size?: number | null
          type: string
          url: string
          user_id: string
        }
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "documents_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      exchange_rates: {
        Row: {
          /** Day of the rate; convert() uses it for seven more days. */
          as_of: string
          base: string
          quote: string
          /** How many units of quote one unit of base is worth. */
          rate: number
          /** Where the rate is from. */
          source: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: []
      }
      favorites: {
        Row: {
          created_at: string
          /** Currency of price_seen. */
          currency_seen: string | null
          id: string
          listing_id: string
          /** Price of the listing when it was favorited, or a lower one of which the user was told since. It is told of prices at least 5 percent below. */
          price_seen: number | null
          user_id: string
        }
        Insert: {
          id?: string
          listing_id: string
          user_id: string
        }
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "favorites_listing_id_fkey"
            columns: ["listing_id"]
            isOneToOne: false
            referencedRelation: "listings"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "favorites_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      gift_cards: {
        Row: {
          /** Paid amount, in major units of currency. */
          amount: number
          buyer_id: string | null
          cancellation_reason: string | null
          created_at: string
          currency: string
          expires_at: string | null
          id: string
          last4: string
          /** Number of the card among those of the same payment. */
          payment_item: number
          processor: string
          processor_transaction_id: string
          redeemed_at: string | null
          redeemed_by: string | null
          status: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "gift_cards_buyer_id_fkey"
            columns: ["buyer_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "gift_cards_redeemed_by_fkey"
            columns: ["redeemed_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      ledger_entries: {
        Row: {
          account: Database["api"]["Enums"]["ledger_account"]
          /** Amount, in major units of currency; positive if the account receives it. */
          amount: number
          created_at: string
          currency: string
          id: number
          /** Common ID of the entries of one business event; their amounts sum to zero per currency. */
          journal_id: string
          /** Kind of the journal, such as sale, refund, or payout. */
          kind: string
          memo: string | null
          order_id: string | null
          /** User to whom the account belongs, or NULL for accounts of the platform. The ID is kept when the user's profile is deleted. */
          party_id: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "ledger_entries_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
        ]
      }
      listing_conditions: {
        Row: {
          /** Value of listings.condition. */
          code: string
          description: string | null
          label: string
          sort_order: number
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: []
      }
      listing_drafts: {
        Row: {
          created_at: string
          /** What the form holds, as the application keeps it; a JSON object. */
          form_data: Json
          id: string
          updated_at: string
          user_id: string
        }
        Insert: {
          form_data?: Json
          id?: string
          user_id: string
        }
        Update: {
          form_data?: Json
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "listing_drafts_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      listings: {
        Row: {
          brand: string | null
          category_id: string | null
          color: string | null
          /** Condition: a code of listing_conditions, or other text. */
          condition: string | null
          created_at: string
          /** ISO 4217 code in upper case. */
          currency: string
          description: string
          /** Number of users who have favorited the listing; maintained by a trigger. */
          favorite_count: number
          id: string
          /** Data of the application about the images; a JSON array or object. */
          image_metadata: Json | null
          /** JSON array of images, each an object of URLs by size: {"thumb", "small", "medium", "large"}. */
          image_urls: Json | null
          images: Json | null
          is_featured: boolean | null
          /** Language of the text, as a tag such as en or pt-BR. */
          language: string | null
          location: Json | null
          /** City that is shown with the listing; independent of location. */
          location_city: string | null
          materials: string[] | null
          metadata: Json | null
          /** Price per unit, in major units of currency. */
          price: number
          /** Time when the listing first became active. */
          published_at: string | null
          /** Units in stock; a listing with variants has a stock for each variant. */
          quantity: number
          seller_id: string
          /** Shipping cost in major units of currency, always equal to "cost" of shipping_info: writing either changes both. */
          shipping_cost: number | null
          shipping_info: Json | null
          shipping_type: string | null
          /** Whether the seller ships to all countries; cannot be true while shipping_info names countries, which decide. */
          ships_worldwide: boolean | null
          size: string | null
          slug: string
          sold_at: string | null
          /** draft, active, reserved (out of stock with open orders), sold, archived, removed (by a moderator), or deleted (by the seller). */
          status: string
          /** Category below category_id. Writing it alone sets category_id to its parent; another category_id clears it. */
          subcategory_id: string | null
          tags: string[] | null
          title: string
          /** Time of the last change of the listing; views and favorites do not count as changes. */
          updated_at: string
          video_url: string | null
          /** Number of views, counted by the service. */
          view_count: number
        }
        Insert: {
          brand?: string | null
          category_id?: string | null
          color?: string | null
          condition?: string | null
          currency?: string
          description: string
          id?: string
          image_metadata?: Json | null
          image_urls?: Json | null
          images?: Json | null
          language?: string | null
          location?: Json | null
          location_city?: string | null
          materials?: string[] | null
          price: number
          quantity?: number
          seller_id: string
          shipping_cost?: number | null
          shipping_info?: Json | null
          shipping_type?: string | null
          ships_worldwide?: boolean | null
          size?: string | null
          slug?: string
          status?: string
          subcategory_id?: string | null
          tags?: string[] | null
          title: string
          video_url?: string | null
        }
        Update: {
          brand?: string | null
          category_id?: string | null
          color?: string | null
          condition?: string | null
          currency?: string
          description?: string
          image_metadata?: Json | null
          image_urls?: Json | null
          images?: Json | null
          language?: string | null
          location?: Json | null
          location_city?: string | null
          materials?: string[] | null
          price?: number
          quantity?: number
          shipping_cost?: number | null
          shipping_info?: Json | null
          shipping_type?: string | null
          ships_worldwide?: boolean | null
          size?: string | null
          slug?: string
          status?: string
          subcategory_id?: string | null
          tags?: string[] | null
          title?: string
          video_url?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "listings_category_id_fkey"
            columns: ["category_id"]
            isOneToOne: false
            referencedRelation: "categories"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "listings_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "listings_subcategory_id_fkey"
            columns: ["subcategory_id", "category_id"]
            isOneToOne: false
            referencedRelation: "categories"
            referencedColumns: ["id", "parent_id"]
          },
        ]
      }
      messages: {
        Row: {
          /** JSON array of objects. */
          attachments: Json | null
          content: string
          conversation_id: string
          created_at: string
          edited_at: string | null
          id: string
          /** Whether the recipient has read the message. */
          is_read: boolean | null
          /** Offer that the message makes or answers, NULL for other messages; it can be deleted since, with an account. */
          offer_id: string | null
          /** Time when is_read became true; set by a trigger. NULL while the message is unread. */
          read_at: string | null
          /** Sender; NULL only after the sender's account was deleted. */
          sender_id: string | null
        }
        Insert: {
          attachments?: Json | null
          content: string
          conversation_id: string
          id?: string
          sender_id?: string | null
        }
        Update: {
          is_read?: boolean | null
          read_at?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "messages_conversation_id_fkey"
            columns: ["conversation_id"]
            isOneToOne: false
            referencedRelation: "conversations"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "messages_sender_id_fkey"
            columns: ["sender_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      notification_preferences: {
        Row: {
          channel: Database["api"]["Enums"]["notification_channel"]
          enabled: boolean
          type: Database["api"]["Enums"]["notification_type"]
          updated_at: string
          user_id: string
        }
        Insert: {
          channel: Database["api"]["Enums"]["notification_channel"]
          enabled?: boolean
          type: Database["api"]["Enums"]["notification_type"]
          user_id: string
        }
        Update: {
          channel?: Database["api"]["Enums"]["notification_channel"]
          enabled?: boolean
          type?: Database["api"]["Enums"]["notification_type"]
          user_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "notification_preferences_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      notification_settings: {
        Row: {
          digest: string
          /** Time when the last digest was sent. */
          email_at: string | null
          /** Language of notifications; NULL for the one of the profile, else en. */
          locale: string | null
          /** Whether the user has agreed to promotions. */
          marketing: boolean
          /** Time of the day from which e-mails and push messages wait. */
          quiet_from: string | null
          /** Time of the day until which they wait. */
          quiet_to: string | null
          /** Name of the time zone of quiet hours and dates. */
          timezone: string
          updated_at: string
          user_id: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "notification_settings_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      notifications: {
        Row: {
          action_url: string | null
          /** The newest users, at most 3, of those who did it. */
          actor_ids: string[]
          /** Number of events in this row. */
          count: number
          created_at: string
          /** Number of the newest event in this row; NULL for a notification that the application's back end has written. */
          event_id: number | null
          /** Events with the same key are counted into this row while it is unread; NULL if there are no others, or it was read. */
          group_key: string | null
          id: string
          /** False for a notification that the user wants by e-mail or push only; it is not shown. */
          in_app: boolean
          is_read: boolean | null
          message: string
          /** Data that the application needs to display the notification; a JSON object. */
          metadata: Json | null
          /** Time when is_read became true; set by a trigger. */
          read_at: string | null
          related_listing_id: string | null
          related_order_id: string | null
          related_user_id: string | null
          /** Time when the user saw the row in the list, read or not. */
          seen_at: string | null
          title: string
          type: Database["api"]["Enums"]["notification_type"]
          user_id: string
        }
        Insert: Record<string, never>
        Update: {
          is_read?: boolean | null
          read_at?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "notifications_related_listing_id_fkey"
            columns: ["related_listing_id"]
            isOneToOne: false
            referencedRelation: "listings"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "notifications_related_order_id_fkey"
            columns: ["related_order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "notifications_related_user_id_fkey"
            columns: ["related_user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "notifications_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      offer_settings: {
        Row: {
          /** Percentage of the price from which offers are accepted automatically; NULL for none. */
          auto_accept_percent: number | null
          /** Percentage of the price below which offers are declined automatically; NULL for none. */
          auto_decline_percent: number | null
          /** Discounts for several units, as [{"pieces": 2, "percent": 5}]; set_bundle_discount() writes it. */
          bundle_tiers: Json
          enabled: boolean
          /** Percentage of the price that an offer must be at least. */
          min_percent: number
          seller_id: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "offer_settings_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      offers: {
        Row: {
          /** Price of one unit, in major units of currency. */
          amount: number
          /** Time when the offer ceased to be pending. */
          answered_at: string | null
          buyer_id: string
          /** Time until which an accepted offer can be bought. */
          checkout_until: string | null
          created_at: string
          currency: string
          /** Time until which a pending offer can be answered. */
          expires_at: string
          id: string
          /** Listing; NULL only after it was deleted. */
          listing_id: string | null
          /** buyer or seller; the other one answers. */
          made_by: string
          message: string | null
          /** Order item that was bought at this price. */
          order_item_id: string | null
          /** Offer to which this one is the counteroffer. */
          parent_id: string | null
          quantity: number
          /** How many prices the buyer had offered for the listing, with this one; at most 3. */
          round: number
          seller_id: string
          /** As last written: an offer can be over before a job writes so. my_offers() returns the current status. */
          status: string
          variant_id: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "offers_buyer_id_fkey"
            columns: ["buyer_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "offers_listing_id_fkey"
            columns: ["listing_id", "seller_id"]
            isOneToOne: false
            referencedRelation: "listings"
            referencedColumns: ["id", "seller_id"]
          },
          {
            foreignKeyName: "offers_order_item_id_fkey"
            columns: ["order_item_id"]
            isOneToOne: false
            referencedRelation: "order_items"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "offers_parent_id_fkey"
            columns: ["parent_id"]
            isOneToOne: false
            referencedRelation: "offers"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "offers_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "offers_variant_id_fkey"
            columns: ["variant_id", "listing_id"]
            isOneToOne: false
            referencedRelation: "product_variants"
            referencedColumns: ["id", "listing_id"]
          },
        ]
      }
      order_addresses: {
        Row: {
          /** Copy of the billing address at the time when the order's billing_address_id was set; a JSON object like orders.shipping_address. */
          billing_address: Json | null
          order_id: string
          /** Copy of the shipping address at the time when the order's shipping_address_id was set. orders.shipping_address is the copy shown to the seller. */
          shipping_address: Json | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "order_addresses_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: true
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
        ]
      }
      order_items: {
        Row: {
          /** Copy of the listing's brand at the time of purchase. */
          brand: string | null
          /** Part of platform_fee that the buyer paid in addition to the price; refunded with the item. */
          buyer_fee_amount: number
          /** How many of quantity were cancelled after the payment and are not sent; quantity and prices stay as they were ordered. */
          cancelled_quantity: number
          /** Copy of the listing's color at the time of purchase. */
          color: string | null
          /** Rule of commission_rules by which platform_fee was calculated; NULL for driplo.platform_fee_percent. */
          commission_rule_id: string | null
          /** Copy of the listing's condition at the time of purchase. */
          condition: string | null
          created_at: string
          delivery_days_max: number | null
          /** In how many days at the earliest the seller said it would arrive, when the order was placed; delivery_days_max at the latest. */
          delivery_days_min: number | null
          /** Copy of the listing's description at the time of purchase. */
          description: string | null
          /** Share of the order's discount_amount; fixed when the order is placed. */
          discount_amount: number
          /** Part of tax_amount or included_tax_amount that is of buyer_fee_amount; the rest is of the price, at tax_rate. */
          fee_tax_amount: number
          id: string
          image_url: string | null
          /** Tax that the discounted price and buyer_fee_amount include, where prices_include_tax; refunded with the item. */
          included_tax_amount: number
          /** Whether the buyer picks the item up instead of having it shipped. */
          is_picked_up: boolean
          /** Listing; NULL only after the seller's account was deleted. Columns title, description, condition, brand, size, color, variant_name, and image_url are kept. */
          listing_id: string | null
          metadata: Json | null
          /** Offer at whose price the item was bought; it can be deleted since, with an account. */
          offer_id: string | null
          order_id: string
          /** Part of discount_amount that the platform pays to the seller; returned to the platform when the item is refunded. */
          platform_discount_amount: number
          /** Share of the platform's fee, calculated from the price after the seller's own discounts; fixed when the order is placed. */
          platform_fee: number
          quantity: number
          /** What the buyer pays for shipping the item, part of the order's shipping_cost; 0 for items of orders that were not placed by checkout(). */
          shipping_cost: number
          /** Copy of the listing's size at the time of purchase. */
          size: string | null
          /** Time when the units were restocked because the order was cancelled, or refunded before shipping. */
          stock_returned_at: string | null
          /** Tax on top of the discounted price and of buyer_fee_amount; refunded with the item. */
          tax_amount: number
          /** Percentage by which the price was taxed when the order was placed; NULL if it was not given. */
          tax_rate: number | null
          /** Copy of the listing's title at the time of purchase. */
          title: string | null
          /** unit_price times quantity, in the order's currency. */
          total_price: number
          unit_price: number
          variant_id: string | null
          variant_name: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "order_items_listing_id_fkey"
            columns: ["listing_id"]
            isOneToOne: false
            referencedRelation: "listings"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "order_items_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "order_items_variant_id_fkey"
            columns: ["variant_id", "listing_id"]
            isOneToOne: false
            referencedRelation: "product_variants"
            referencedColumns: ["id", "listing_id"]
          },
        ]
      }
      order_status_history: {
        Row: {
          changed_by: string | null
          created_at: string
          /** Number of the event in outbox_events by which others are told of the change; NULL if nobody is. */
          event_id: number | null
          from_status: Database["api"]["Enums"]["order_status"] | null
          id: string
          metadata: Json | null
          order_id: string
          reason: string | null
          to_status: Database["api"]["Enums"]["order_status"]
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "order_status_history_changed_by_fkey"
            columns: ["changed_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "order_status_history_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
        ]
      }
      order_tracking: {
        Row: {
          carrier: Database["api"]["Enums"]["shipping_carrier"]
          created_at: string
          /** Tracking events of the carrier; a JSON array. */
          events: Json | null
          id: string
          /** What the parcel holds: a JSON array of objects with order_item_id and quantity. NULL for all that no other parcel of the order names. */
          items: Json | null
          last_update: string
          order_id: string
          /** Which parcel of the order it is, from 1. Tracking number and carrier of the first are also in the order. */
          parcel_number: number
          status: Database["api"]["Enums"]["tracking_status"] | null
          tracking_number: string
          tracking_url: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "order_tracking_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
        ]
      }
      orders: {
        Row: {
          billing_address_id: string | null
          /** Part of the fee that the buyer pays as part of the total (see driplo.fee_payer); the rest is deducted from the seller's earnings. */
          buyer_fee_amount: number
          /** Buyer; NULL only after the buyer's account was deleted. */
          buyer_id: string | null
          /** Reason of the cancellation as in order_status_history; maintained by a trigger. */
          cancellation_reason: string | null
          cancelled_at: string | null
          created_at: string
          /** ISO 4217 code in upper case. */
          currency: string
          delivered_at: string | null
          discount_amount: number | null
          /** What the buyer still has to pay on delivery, of an order whose payment is cash_on_delivery; 0 once it was collected. */
          due_on_delivery: number
          /** Part of tax_amount or included_tax_amount that is of buyer_fee_amount, with its rate where it is known. */
          fee_tax_amount: number
          fee_tax_rate: number | null
          id: string
          included_tax_amount: number
          metadata: Json | null
          notes: string | null
          /** Order number for people, ORD-YYYYMMDD-N; never assigned twice. */
          order_number: string
          paid_at: string | null
          /** What the buyer has paid of an order by start_part_payment() while the rest of total_amount is still due; 0 once the order is paid or has ended. */
          part_paid_amount: number
          payment_method_id: string | null
          /** Part of the discounts and of waived shipping that the platform pays to the seller because its own coupons granted it. */
          platform_discount_amount: number
          /** Fee of the platform: the sum of platform_fee of the order items and the fee on shipping. Fixed when the order is placed. */
          platform_fee_amount: number
          /** Whether prices and shipping include the tax: then included_tax_amount is a part of the total, and tax_amount is 0. */
          prices_include_tax: boolean
          /** Common ID of the orders of a checkout that met a coupon's condition together, or NULL if the order does not depend on others. These orders are paid together; when one of them ends, those that no longer earn their discount end with it. */
          promise_id: string | null
          /** Amount refunded or charged back, in cash and store credit. */
          refunded_amount: number
          /** Part of platform_discount_amount that was returned to the platform. */
          refunded_discount_amount: number
          /** Part of platform_fee_amount that was returned with refunded_amount. */
          refunded_fee_amount: number
          /** Part of tax_amount or included_tax_amount that was returned with refunded_amount. */
          refunded_tax_amount: number
          /** Time when the seller's earnings became available; NULL while they are pending. */
          released_at: string | null
          /** Time when the buyer was reminded that the order will count as delivered. */
          reminded_at: string | null
          /** Seller; NULL only after the seller's account was deleted. */
          seller_id: string | null
          shipped_at: string | null
          /** Shipping address as shown to the seller: a copy of the one in order_addresses once the order is paid, and NULL before that or if the order ended before shipping. A JSON object with name, phone, address_line1, address_line2, city, state_province, postal_code, and country_code. */
          shipping_address: Json | null
          shipping_address_id: string | null
          /** Copy of order_tracking.carrier of the first parcel; maintained by a trigger. */
          shipping_carrier: Database["api"]["Enums"]["shipping_carrier"] | null
          shipping_cost: number | null
          /** Part of tax_amount or included_tax_amount that is of the shipping, with its rate where it is known and one. */
          shipping_tax_amount: number
          shipping_tax_rate: number | null
          status: Database["api"]["Enums"]["order_status"]
          /** Amount paid with store credit. */
          store_credit_amount: number | null
          /** Sum of the order items, if there are any. Like all amounts of the order, in major units of currency. */
          subtotal: number
          tax_amount: number | null
          /** Amount to pay: subtotal + shipping_cost + tax_amount + buyer_fee_amount - discount_amount - store_credit_amount. */
          total_amount: number
          /** Copy of order_tracking.tracking_number of the first parcel; maintained by a trigger. */
          tracking_number: string | null
          updated_at: string
          /** Part of refunded_amount that is not paid to the buyer: discounts of other orders, already shipped, that are not earned without this order. */
          withheld_amount: number
        }
        Insert: Record<string, never>
        Update: {
          status?: Database["api"]["Enums"]["order_status"]
        }
        Relationships: [
          {
            foreignKeyName: "fk_orders_payment_method"
            columns: ["payment_method_id", "buyer_id"]
            isOneToOne: false
            referencedRelation: "payment_methods"
            referencedColumns: ["id", "user_id"]
          },
          {
            foreignKeyName: "orders_billing_address_id_fkey"
            columns: ["billing_address_id", "buyer_id"]
            isOneToOne: false
            referencedRelation: "shipping_addresses"
            referencedColumns: ["id", "user_id"]
          },
          {
            foreignKeyName: "orders_buyer_id_fkey"
            columns: ["buyer_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "orders_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "orders_shipping_address_id_fkey"
            columns: ["shipping_address_id", "buyer_id"]
            isOneToOne: false
            referencedRelation: "shipping_addresses"
            referencedColumns: ["id", "user_id"]
          },
        ]
      }
      payment_accounts: {
        Row: {
          account_type: string | null
          bank_account_name: string | null
          /** Masked account number: **** and the last four characters. A number that is written is moved to bank_numbers. */
          bank_account_number: string | null
          bank_name: string | null
          /** Masked routing number: **** and the last four characters. A number that is written is moved to bank_numbers. */
          bank_routing_number: string | null
          capabilities: Json | null
          created_at: string
          id: string
          is_verified: boolean | null
          /** How the seller wants to be paid out: stripe, revolut, bank_transfer, or paypal. */
          payout_method: string | null
          paypal_email: string | null
          /** Outstanding requirements of the payment processor; a JSON object. */
          requirements: Json | null
          revtag: string | null
          updated_at: string
          user_id: string
          /** Whether the service has verified the payout details; false again after any change of them. */
          verified: boolean
        }
        Insert: {
          bank_account_name?: string | null
          bank_account_number?: string | null
          bank_name?: string | null
          bank_routing_number?: string | null
          id?: string
          payout_method?: string | null
          paypal_email?: string | null
          revtag?: string | null
          user_id: string
          verified?: boolean
        }
        Update: {
          bank_account_name?: string | null
          bank_account_number?: string | null
          bank_name?: string | null
          bank_routing_number?: string | null
          payout_method?: string | null
          paypal_email?: string | null
          revtag?: string | null
          verified?: boolean
        }
        Relationships: [
          {
            foreignKeyName: "payment_accounts_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      payment_methods: {
        Row: {
          brand: string | null
          created_at: string
          /** Expiration month, 1 to 12. */
          exp_month: number | null
          exp_year: number | null
          id: string
          is_default: boolean | null
          last4: string | null
          type: Database["api"]["Enums"]["payment_method_type"]
          user_id: string
        }
        Insert: Record<string, never>
        Update: {
          is_default?: boolean | null
        }
        Relationships: [
          {
            foreignKeyName: "payment_methods_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      payment_transactions: {
        Row: {
          /** Amount, in major units of currency, which is the order's currency. */
          amount: number
          created_at: string
          currency: string
          id: string
          /** Whether this is an overpayment: the payment arrived after the order was cancelled or had been paid, and is refunded. */
          is_surplus: boolean
          order_id: string
          processor: string
          /** Amount that the payment processor has refunded. */
          refunded_amount: number
          status: Database["api"]["Enums"]["payment_status"]
          updated_at: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "payment_transactions_order_id_fkey"
            columns: ["order_id", "currency"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id", "currency"]
          },
        ]
      }
      product_variants: {
        Row: {
          attributes: Json | null
          created_at: string
          id: string
          is_active: boolean | null
          listing_id: string
          name: string
          /** Price per unit, in major units of the listing's currency. */
          price: number
          /** Units in stock. */
          quantity: number
          /** Seller of the listing, set by a trigger; SKUs are unique per seller. */
          seller_id: string
          sku: string | null
        }
        Insert: {
          attributes?: Json | null
          id?: string
          is_active?: boolean | null
          listing_id: string
          name: string
          price: number
          quantity?: number
          sku?: string | null
        }
        Update: {
          attributes?: Json | null
          is_active?: boolean | null
          name?: string
          price?: number
          quantity?: number
          sku?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "product_variants_listing_id_fkey"
            columns: ["listing_id", "seller_id"]
            isOneToOne: false
            referencedRelation: "listings"
            referencedColumns: ["id", "seller_id"]
          },
        ]
      }
      profile_setup_progress: {
        Row: {
          completed: boolean | null
          completed_at: string | null
          created_at: string
          /** Data that the application stores about the step; a JSON object. */
          data: Json | null
          id: string
          /** Name of the step, such as avatar_selected, profile_info_completed, or account_type_selected; the first two complete the setup. */
          step_name: string
          updated_at: string
          user_id: string
        }
        Insert: {
          completed?: boolean | null
          completed_at?: string | null
          data?: Json | null
          id?: string
          step_name: string
          user_id: string
        }
        Update: {
          completed?: boolean | null
          completed_at?: string | null
          data?: Json | null
          step_name?: string
          user_id?: string
        }
        Relationships: []
      }
      profiles: {
        Row: {
          /** deleted, suspended, or active, derived from deleted_at and suspended_at. Private. */
          account_status: string | null
          account_type: string | null
          avatar_seed: string | null
          avatar_style: string | null
          avatar_url: string | null
          /** URLs of the avatar by size: {"thumb", "small", "medium", "large"}. */
          avatar_urls: Json | null
          badges: string[] | null
          bio: string | null
          brand_description: string | null
          brand_logo_url: string | null
          brand_name: string | null
          brand_size: string | null
          cover_url: string | null
          /** URLs of the cover image by size: {"thumb", "small", "medium", "large"}. */
          cover_urls: Json | null
          created_at: string
          custom_avatar_url: string | null
          date_of_birth: string | null
          /** Time of the deletion; a deleted profile is visible to its owner and to admins only. */
          deleted_at: string | null
          /** Copy of auth.users.email; NULL for phone and anonymous sign-ups. Private. */
          email: string | null
          /** Whether auth.users says when the e-mail address was confirmed, or an admin has verified it; maintained by a trigger. Private. */
          email_verified: boolean | null
          /** Number of followers; maintained by a trigger. Public. */
          follower_count: number
          /** Number of users followed; maintained by a trigger. Public. */
          following_count: number
          full_name: string | null
          gender: string | null
          id: string
          /** True if and only if role is admin. */
          is_admin: boolean | null
          /** Whether the user claims to be a seller; grants no privileges. */
          is_seller: boolean | null
          /** Whether the platform has verified the identity of the account. */
          is_verified: boolean | null
          /** Language tag, such as en or pt-BR. Private. */
          language_preference: string | null
          /** Number of the user's listings that others can see, which are active, reserved, or sold; maintained by a trigger. Public. */
          listings_count: number
          location: Json | null
          metadata: Json | null
          /** Whether the username was made up at the sign-up; false once the user has changed it. Private. */
          needs_username_setup: boolean | null
          /** Whether the application's onboarding is completed, as it says; grants nothing. Private. */
          onboarding_completed: boolean | null
          /** Number of the step that the application's onboarding has reached; NULL if there is none. Private. */
          onboarding_step: number | null
          phone: string | null
          preferences: Json | null
          /** Settings that the application keeps; a JSON object. Private. */
          privacy_settings: Json | null
          role: Database["api"]["Enums"]["user_role"] | null
          /** Average rating as a seller, 0 to 5. */
          seller_rating: number | null
          seller_rating_count: number
          settings: Json | null
          setup_completed: boolean | null
          /** Time when the setup was first completed. */
          setup_completed_at: string | null
          setup_started_at: string | null
          /** Links by name; a JSON object, public. */
          social_links: Json | null
          stripe_account_id: string | null
          stripe_customer_id: string | null
          /** Time of the suspension by suspend_user(). A suspended user can only read and use a cart. Private. */
          suspended_at: string | null
          /** Time at which the suspension ends by itself, by end_suspensions(); NULL if an admin has to end it. Private. */
          suspended_until: string | null
          /** Number of completed purchases; maintained by a trigger. Private. */
          total_purchases: number | null
          /** Number of completed sales, maintained by the database. */
          total_sales: number
          updated_at: string | null
          /** Unique, in lower case, so that names that differ only in case are the same name. */
          username: string
          /** Host or URL with http or https; public. */
          website: string | null
        }
        Insert: Record<string, never>
        Update: {
          account_type?: string | null
          avatar_seed?: string | null
          avatar_style?: string | null
          avatar_url?: string | null
          avatar_urls?: Json | null
          bio?: string | null
          brand_description?: string | null
          brand_name?: string | null
          brand_size?: string | null
          cover_url?: string | null
          cover_urls?: Json | null
          custom_avatar_url?: string | null
          date_of_birth?: string | null
          full_name?: string | null
          gender?: string | null
          is_seller?: boolean | null
          language_preference?: string | null
          location?: Json | null
          needs_username_setup?: boolean | null
          onboarding_completed?: boolean | null
          onboarding_step?: number | null
          phone?: string | null
          preferences?: Json | null
          privacy_settings?: Json | null
          settings?: Json | null
          social_links?: Json | null
          username?: string
          website?: string | null
        }
        Relationships: []
      }
      public_coupons: {
        Row: {
          buy_quantity: number | null
          can_stack: boolean | null
          category_ids: string[] | null
          /** Currency of the amounts, driplo.coupon_currency by default; the coupon applies only to items in this currency. NULL if the coupon has no amounts; it then applies to items in any currency, each currency separately. */
          currency: string | null
          description: string | null
          discount_type: Database["api"]["Enums"]["discount_type"]
          /** Percentage for type percentage, or amount in major units of currency for fixed_amount. */
          discount_value: number
          excluded_listing_ids: string[] | null
          /** For type buy_x_get_y: categories, with their subcategories, of the items that are free. If neither this nor get_listing_ids is set, the free items are among those that are bought. */
          get_category_ids: string[]
          /** For type buy_x_get_y: listings of the items that are free. */
          get_listing_ids: string[]
          get_quantity: number | null
          id: string
          listing_ids: string[] | null
          /** Maximum discount per use, in major units of currency. */
          maximum_discount: number | null
          minimum_account_age_days: number | null
          /** Minimum total price of the matching items of a checkout before any discount, in major units of currency. */
          minimum_purchase: number | null
          name: string
          seller_id: string | null
          target_type: Database["api"]["Enums"]["promotion_target"] | null
          valid_from: string | null
          valid_until: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "coupons_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      public_user_ratings: {
        Row: {
          comment: string | null
          created_at: string
          /** Time at which moderators hid the rating: it counts no longer, and only its parties and staff see it. NULL else. */
          hidden_at: string | null
          id: string
          rated_user_id: string | null
          rater_user_id: string | null
          /** Rating, 1 to 5. */
          rating: number
          /** Whether the seller or the buyer of the order is rated. */
          type: Database["api"]["Enums"]["rating_type"]
          updated_at: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "user_ratings_rated_user_id_fkey"
            columns: ["rated_user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_ratings_rater_user_id_fkey"
            columns: ["rater_user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      refund_requests: {
        Row: {
          /** Requested amount, in major units of the order's currency. */
          amount: number
          /** Copy of the order's buyer_id; maintained by a trigger. */
          buyer_id: string | null
          created_at: string
          /** Part of amount that is refunded as store credit; the payment processor refunds the rest. */
          credit_amount: number
          /** Note from the person who decided, shown to the buyer. */
          decision_note: string | null
          id: string
          order_id: string
          /** Order item that is refunded, or NULL for a refund of the order as a whole. */
          order_item_id: string | null
          processed_at: string | null
          /** How many units of the order item the refund is for; NULL for an amount of money, and where a return or a cancellation says how many. */
          quantity: number | null
          reason: string
          /** full if amount is all that was paid for the order, in cash and store credit, or the whole overpayment; else partial. Maintained by a trigger. */
          refund_type: string | null
          requested_at: string
          requested_by: string | null
          /** Copy of the order's seller_id; maintained by a trigger. */
          seller_id: string | null
          /** The decision_note, if the seller decided. */
          seller_response: string | null
          status: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "refund_requests_buyer_id_fkey"
            columns: ["buyer_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "refund_requests_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "refund_requests_order_item_id_fkey"
            columns: ["order_item_id", "order_id"]
            isOneToOne: false
            referencedRelation: "order_items"
            referencedColumns: ["id", "order_id"]
          },
          {
            foreignKeyName: "refund_requests_requested_by_fkey"
            columns: ["requested_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "refund_requests_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      returns: {
        Row: {
          approved_at: string | null
          completed_at: string | null
          created_at: string
          /** Part of that amount that the seller kept when the return was refunded; history contains the reason. */
          deducted_amount: number
          description: string | null
          /** Time until which the buyer can open a dispute because the return was rejected or partially refunded: driplo.dispute_grace after that step. The seller's earnings stay pending until then. */
          disputable_until: string | null
          /** JSON array of objects with at (UTC), from, to, actor (buyer, seller, admin, or system), and note; maintained by a trigger. */
          history: Json
          id: string
          /** Whether the return is undecided, that is, its status is not rejected, refunded, replaced, or closed. */
          is_open: boolean | null
          order_id: string
          order_item_id: string
          /** JSON array of URLs or paths. */
          photos: Json | null
          /** How many units of the order item are returned; NULL for all. */
          quantity: number | null
          reason: Database["api"]["Enums"]["return_reason"]
          /** Refunded amount, in major units of the order's currency: the amount paid for the item, or less. The last returned item includes the shipping. */
          refund_amount: number | null
          /** Time of the last reminder of the step that the return waits for. */
          reminded_at: string | null
          replacement_order_id: string | null
          requested_by: string | null
          /** Return number for people, RET-YYYYMMDD-N; never assigned twice. */
          return_number: string
          return_shipping_label: string | null
          status: Database["api"]["Enums"]["return_status"]
          updated_at: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "returns_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "returns_order_item_id_fkey"
            columns: ["order_item_id", "order_id"]
            isOneToOne: false
            referencedRelation: "order_items"
            referencedColumns: ["id", "order_id"]
          },
          {
            foreignKeyName: "returns_replacement_order_id_fkey"
            columns: ["replacement_order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "returns_requested_by_fkey"
            columns: ["requested_by"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      seller_payouts: {
        Row: {
          /** Amount, in major units of currency. */
          amount: number
          completed_at: string | null
          created_at: string
          currency: string
          failed_at: string | null
          failure_reason: string | null
          id: string
          initiated_at: string
          seller_id: string | null
          status: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "seller_payouts_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      shipping_addresses: {
        Row: {
          address_line1: string
          address_line2: string | null
          city: string
          /** ISO 3166 country code of two letters in upper case. */
          country_code: string
          created_at: string
          id: string
          is_default: boolean | null
          name: string
          phone: string | null
          postal_code: string
          state_province: string
          updated_at: string
          user_id: string
        }
        Insert: {
          address_line1: string
          address_line2?: string | null
          city: string
          country_code: string
          id?: string
          is_default?: boolean | null
          name: string
          phone?: string | null
          postal_code: string
          state_province: string
          user_id: string
        }
        Update: {
          address_line1?: string
          address_line2?: string | null
          city?: string
          country_code?: string
          is_default?: boolean | null
          name?: string
          phone?: string | null
          postal_code?: string
          state_province?: string
        }
        Relationships: [
          {
            foreignKeyName: "shipping_addresses_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      shipping_events: {
        Row: {
          carrier: string | null
          created_at: string
          event_data: Json | null
          event_type: string
          id: string
          order_id: string
          tracking_number: string | null
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "shipping_events_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
        ]
      }
      shipping_labels: {
        Row: {
          carrier: Database["api"]["Enums"]["shipping_carrier"]
          /** Cost of the label, in major units of the order's currency. */
          cost: number | null
          created_at: string
          id: string
          label_url: string | null
          order_id: string
          tracking_number: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "shipping_labels_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: true
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
        ]
      }
      shopping_carts: {
        Row: {
          claim_expires_at: string | null
          /** SHA-256 of the code of create_cart_claim(), with which merge_cart() takes the cart over once; valid until claim_expires_at. */
          claim_hash: string | null
          created_at: string
          expires_at: string | null
          id: string
          updated_at: string
          user_id: string
        }
        Insert: {
          id?: string
          user_id: string
        }
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "shopping_carts_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      social_media_accounts: {
        Row: {
          created_at: string
          /** Number of followers, set by the service. */
          followers_count: number | null
          id: string
          is_verified: boolean | null
          platform: string
          updated_at: string
          url: string | null
          user_id: string
          username: string
        }
        Insert: {
          id?: string
          platform: string
          url?: string | null
          user_id: string
          username: string
        }
        Update: {
          platform?: string
          url?: string | null
          user_id?: string
          username?: string
        }
        Relationships: []
      }
      store_credit_usage: {
        Row: {
          amount: number
          created_at: string
          id: string
          order_id: string
          /** Time when the amount was returned to the store credit because the order was cancelled. */
          returned_at: string | null
          store_credit_id: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "store_credit_usage_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "store_credit_usage_store_credit_id_fkey"
            columns: ["store_credit_id"]
            isOneToOne: false
            referencedRelation: "store_credits"
            referencedColumns: ["id"]
          },
        ]
      }
      store_credits: {
        Row: {
          /** Granted amount, in major units. */
          amount: number
          created_at: string
          /** ISO 4217 code; the credit can be used for orders in this currency. */
          currency: string
          /** Unused amount at expiration. */
          expired_amount: number
          expires_at: string | null
          /** Gift card from which the credit comes, also if an order has returned it; NULL for credit that the platform granted. */
          gift_card_id: string | null
          id: string
          reason: string | null
          /** Amount already spent. */
          used_amount: number
          user_id: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "store_credits_gift_card_id_fkey"
            columns: ["gift_card_id"]
            isOneToOne: false
            referencedRelation: "gift_cards"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "store_credits_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      tax_rates: {
        Row: {
          /** For listings of this category and everything below it; NULL for all. The nearest category counts. */
          category_id: string | null
          country_code: string
          id: string
          name: string
          percent: number
          /** state_province of the address, whatever the case; NULL for the whole country. A rate of the region comes before one of the country. */
          region: string | null
          /** Whether the fee that buyers pay has this rate, if it is that of no category: the fee is taxed as what has none. */
          taxes_fee: boolean
          /** Whether shipping what has this rate has it too. */
          taxes_shipping: boolean
          /** The first day (UTC). Of the same country, region and category the latest that has begun counts; 0 percent ends one. */
          valid_from: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "tax_rates_category_id_fkey"
            columns: ["category_id"]
            isOneToOne: false
            referencedRelation: "categories"
            referencedColumns: ["id"]
          },
        ]
      }
      transactions: {
        Row: {
          /** Amount that the seller and the platform received, in major units; negative where they returned it. */
          amount: number
          buyer_id: string | null
          created_at: string
          description: string | null
          fee: number | null
          id: string
          /** Listing that was sold; NULL for an order of several listings, or after the listing was deleted. */
          listing_id: string | null
          /** Seller's share in major units: amount - fee. */
          net_amount: number
          order_id: string | null
          seller_id: string | null
          status: string
          type: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "transactions_buyer_id_fkey"
            columns: ["buyer_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "transactions_listing_id_fkey"
            columns: ["listing_id"]
            isOneToOne: false
            referencedRelation: "listings"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "transactions_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "transactions_seller_id_fkey"
            columns: ["seller_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_achievements: {
        Row: {
          achievement: Database["api"]["Enums"]["achievement_type"]
          earned_at: string
          /** Since when the rule of the achievement has not held; NULL while it holds. */
          failing_since: string | null
          id: string
          /** Time at which the achievement was lost; NULL while the user has it. */
          lost_at: string | null
          metadata: Json | null
          user_id: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "user_achievements_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_blocks: {
        Row: {
          blocked_id: string
          blocker_id: string
          created_at: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "user_blocks_blocked_id_fkey"
            columns: ["blocked_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_blocks_blocker_id_fkey"
            columns: ["blocker_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_follows: {
        Row: {
          created_at: string
          follower_id: string
          following_id: string
          id: string
        }
        Insert: {
          follower_id: string
          following_id: string
          id?: string
        }
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "user_follows_follower_id_fkey"
            columns: ["follower_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_follows_following_id_fkey"
            columns: ["following_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_ratings: {
        Row: {
          comment: string | null
          created_at: string
          /** Time at which moderators hid the rating: it counts no longer, and only its parties and staff see it. NULL else. */
          hidden_at: string | null
          id: string
          order_id: string
          rated_user_id: string | null
          rater_user_id: string | null
          /** Rating, 1 to 5. */
          rating: number
          /** Whether the seller or the buyer of the order is rated. */
          type: Database["api"]["Enums"]["rating_type"]
          updated_at: string
        }
        Insert: {
          comment?: string | null
          id?: string
          order_id: string
          rated_user_id?: string | null
          rater_user_id?: string | null
          rating: number
          type: Database["api"]["Enums"]["rating_type"]
        }
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "user_ratings_order_id_fkey"
            columns: ["order_id"]
            isOneToOne: false
            referencedRelation: "orders"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_ratings_rated_user_id_fkey"
            columns: ["rated_user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "user_ratings_rater_user_id_fkey"
            columns: ["rater_user_id"]
            isOneToOne: false
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      user_stats_summary: {
        Row: {
          average_rating: number | null
          follower_count: number
          following_count: number
          /** Time of the last activity, to within five minutes. */
          last_active_at: string | null
          /** Sum of all ratings of the user, from which average_rating is calculated. */
          rating_points: number
          /** Percentage of conversations of the last 90 days answered within 24 hours; NULL for fewer than three. */
          response_rate: number | null
          /** Median time to the first answer in hours, at most 999.99. */
          response_time_hours: number | null
          /** Sum of the ratings as a seller, from which profiles.seller_rating is calculated. */
          seller_rating_points: number
          /** Median time from payment to shipment in hours, at most 999.99; NULL for fewer than three orders. */
          ship_time_hours: number | null
          /** Total of the user's completed sales in major units, added up across currencies; at most 999999999999.99. */
          total_earned: number
          total_purchases: number
          total_ratings: number
          total_sales: number
          /** Total of the user's completed purchases in major units, added up across currencies; at most 999999999999.99. */
          total_spent: number
          updated_at: string
          user_id: string
        }
        Insert: Record<string, never>
        Update: Record<string, never>
        Relationships: [
          {
            foreignKeyName: "user_stats_summary_user_id_fkey"
            columns: ["user_id"]
            isOneToOne: true
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
    }
    Views: {
      [_ in never]: never
    }
    Functions: {
      /** For admins and the service: what the platform keeps of the order items that the rule fits, from a time on (now by default). Orders keep theirs. A rule is not changed: end it and add another. Returns its ID. On record in admin_audit_log. Errors: 42501, 22004, 22023, P0002 for an unknown user or category, 23505 for a rule that overlaps another of the same priority. */
      add_commission_rule: {
        Args: { category_id?: string | null; currency?: string | null; flat?: number | null; maximum?: number | null; minimum?: number | null; name: string; of_shipping?: boolean | null; percent: number; price_below?: number | null; price_from?: number | null; priority?: number | null; seller_id?: string | null; valid_from?: string | null; valid_until?: string | null }
        Returns: string
      }
      /** For staff (moderators, admins, the service): adds a note to a dispute that is never visible to its parties and returns its ID. Errors: 22004, 22023, P0002, 42501 for other callers, including staff who are a party. */
      add_dispute_note: {
        Args: { dispute_id: string; note: string }
        Returns: string
      }
      /** For the seller: adds a parcel to an order until it is delivered, and returns its number. With the first parcel the order is shipped. items is an array of objects with order_item_id and quantity (all that is in no other parcel without it); without items, the parcel holds all that no other parcel names. Errors: as ship_order(); 42501 for the buyer, P0002 for an item of another order, 23514 for more of an item than is to be sent, 54000 for more than 100 parcels. */
      add_parcel: {
        Args: { carrier: Database["api"]["Enums"]["shipping_carrier"]; items?: Json | null; order_id: string; tracking_number: string; tracking_url?: string | null }
        Returns: number
      }
      /** For admins and the service: searches for the word also find its meanings, which may be several words each, such as a brand in another script. Replaces the meanings that the word had. Recorded in admin_audit_log. Errors: 42501, 22004, 22023. */
      add_search_synonym: {
        Args: { means: string[]; word: string }
        Returns: undefined
      }
      /** Adds units of a listing to the caller's cart and returns the cart item; the same listing and variant are added up in one cart item, also with concurrent calls. Renews the expiration of the cart. Errors: 42501 without a user, 22004, 22023 for a quantity below 1 or a missing variant, P0002 for an unknown listing or variant, 55000 if it is not for sale, 23514 for the caller's own listing, MK003 if stock is insufficient, MK015 for more items than driplo.max_cart_lines. */
      add_to_cart: {
        Args: { listing_id: string; quantity?: number | null; variant_id?: string | null }
        Returns: string
      }
      /** For admins and the service: marks the e-mail address of a user as verified, in auth.users and in the profile, until it changes, and records it in admin_audit_log. Returns false if there was nothing to verify. Errors: 42501, 0A000 where an authentication service keeps auth.users, as on Supabase. */
      admin_verify_user_email: {
        Args: { target_user_id: string }
        Returns: boolean
      }
      /** For admins and the service: asks a party for a response (awaiting_seller_response, awaiting_buyer_response), takes a dispute under review, or closes one that has ended, with a note to the parties. Returns the new status. Errors: 22004, 22023, P0002, 42501, MK011 for a change that is not allowed and for a chargeback. */
      advance_dispute: {
        Args: { dispute_id: string; note?: string | null; to_status: Database["api"]["Enums"]["dispute_status"] }
        Returns: Database["api"]["Enums"]["dispute_status"]
      }
      /** Changes the status of a return as its buyer, its seller, an admin, or the service, and returns the new status. The note is added to the history and required to reject. Status refunded refunds the amount paid for the item, with its tax and fee, less earlier refunds, and with the last item the shipping; a lower refund_amount (major units) requires a note. Errors: 22004, 22023, P0002 for a return that is not the caller's, 42501 for a suspended seller, 55000 if a seller closes an approved return within driplo.return_shipping_window, MK009 if the refund exceeds the remaining amount, MK010 for a change that is not allowed, with the allowed ones, MK012 if the seller's available balance is too low, MK013 while the buyer's bank disputes the payment. */
      advance_return: {
        Args: { note?: string | null; refund_amount?: number | null; return_id: string; to_status: Database["api"]["Enums"]["return_status"] }
        Returns: Database["api"]["Enums"]["return_status"]
      }
      /** Returns the texts of all codes as an object by code, each as message_text() returns it: for a client that loads them once. */
      all_message_texts: {
        Args: { locale?: string | null }
        Returns: Json
      }
      /** Answers a pending offer of the other side: accept, decline, or counter with an amount strictly between the last prices of the two (the price of the listing counts as the seller's first). Returns the offer, for counter the new one, which the other side answers. An accepted offer can be bought with buy_offer() for driplo.offer_checkout_window. The answer is written into their conversation. Errors: 22004, 22023 for an unknown answer or an amount out of range, 42501 if the caller may not trade, 55000 if the listing is not for sale, MK003 if stock is insufficient, MK015 for a fourth offer of the buyer, MK016 if the caller has blocked the other side, MK018 if the offer is not pending or the other side's to answer, P0002 if it is not the caller's. */
      answer_offer: {
        Args: { amount?: number | null; answer: string; message?: string | null; offer_id: string }
        Returns: string
      }
      /** Appeals against a decision about a report of the caller's, or about the caller: once, within six months; another moderator decides. Suspended users can appeal. The service without a user does so for a reporter without an account. Returns the ID of the appeal. Errors: 22004, 22023, P0002, 55000. */
      appeal_decision: {
        Args: { decision_id: string; message: string }
        Returns: string
      }
      /** Blocks a user, who is not told: ends follows in both directions, voids their offers, archives their conversations for the caller, and stops new conversations, messages, cart items, purchases, follows, and ratings in both directions. Open orders, their messages, returns, and disputes go on. Returns whether the block is new. Errors: 42501 without a user or for an anonymous or suspended one, 22004, 22023 for the caller, P0002 for an unknown or deleted user. */
      block_user: {
        Args: { user_id: string }
        Returns: boolean
      }
      /** Puts what an accepted offer is about into the buyer's cart at the price of the offer and returns the cart item; an item for the same listing and variant is replaced. The price holds until checkout_until and reserves nothing: others can buy meanwhile. If the listed price is lower by then, that is charged. Errors: those of add_to_cart(), 22004, 42501 for the seller, MK018 if the offer is not accepted or its time is over, P0002 if it is not the caller's. */
      buy_offer: {
        Args: { offer_id: string }
        Returns: string
      }
      /** Returns the platform's fee for an amount, in the same currency, rounded to two digits half away from zero. The rate is driplo.platform_fee_percent (default 5). Exact for every numeric; NaN and infinity are returned unchanged. */
      calculate_platform_fee: {
        Args: { amount: number }
        Returns: number
      }
      /** Takes back what the caller asked for by request_account_deletion(); false if there was nothing to take back. Error: 42501 without a user. */
      cancel_account_deletion: {
        Args: Record<string, never>
        Returns: boolean
      }
      /** Withdraws a dispute: for the party that opened it until the other party has answered, for an admin, or for the service. No money is moved, and the other party can open a dispute within driplo.dispute_grace. Returns the new status. Errors: 22004, 22023, P0002 for a dispute that is not the caller's, MK011 for the other party, for a dispute that was answered or is not open, and for a chargeback. */
      cancel_dispute: {
        Args: { dispute_id: string; reason?: string | null }
        Returns: Database["api"]["Enums"]["dispute_status"]
      }
      /** For admins (audited) and the service, when the payment for a gift card was refunded or charged back at the processor: makes the card void and returns the amount that it recovers: all of it, or of a redeemed card what was not spent of the store credit; the platform bears the rest, and gets what a cancelled order returns of it later. Repeating the call has no effect and returns 0. Errors: 42501, 22004, 22023, P0002. */
      cancel_gift_card: {
        Args: { gift_card_id: string; reason: string }
        Returns: number
      }
      /** Cancels an order: for the buyer before it is paid, for the seller before it is shipped. Returns stock, coupon, and store credit; orders of the same checkout that lose their discount also end. Errors: see transition_order(). */
      cancel_order: {
        Args: { order_id: string; reason?: string | null }
        Returns: Database["api"]["Enums"]["order_status"]
      }
      /** For the seller, an admin, or the service: cancels items of an order that is paid and not shipped, and returns the status of the order. items is an array of objects with order_item_id and quantity (all that is left without it). What was paid for them is refunded as it was fixed at checkout, with tax and fee, and they are restocked; the other items keep their prices and discounts. With the last item the order is cancelled. Errors: 22004, 22023, P0002 for an order that is not the caller's or an item of another order, 42501 for the buyer, 55000 for an unpaid order, MK005 if it was shipped or has ended, MK009 if fewer are left, MK013 while the buyer's bank disputes the payment. */
      cancel_order_items: {
        Args: { items: Json; order_id: string; reason?: string | null }
        Returns: string
      }
      /** Returns the items of the caller's cart at current prices (major units of currency), in the order in which they were added. problem is NULL or the reason why the item cannot be bought: listing_unavailable, variant_unavailable, not_enough_stock, own_listing, seller_unavailable, offer_expired. title, prices, and available are NULL for a listing that the caller can no longer see. An item with an offer costs the lower of its price and list_price until offer_ends_at; then, or for more units than the offer is for, its problem is offer_expired. No rows for an expired cart. Error: 42501 without a user. */
      cart_contents: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["cart_line"][]
      }
      /** Returns the active categories as a JSON array of trees, each with id, name, slug, description, icon, icon_url, product_count, and children, in their order. Name, slug, and description are those of the locale, such as pt-BR, or of its language, or else the untranslated ones. product_count includes the categories below, as of the last refresh_category_counts(). */
      category_tree: {
        Args: { locale?: string | null }
        Returns: Json
      }
      /** Changes the name of a saved search of the caller, or how its matches are told: instant, daily, or off; NULL does not change it. What waits to be told when it is turned off is not told. Errors: 42501 without a user, 22004, 22023, P0002 for a search that is not the caller's. */
      change_saved_search: {
        Args: { id: string; name?: string | null; notify?: string | null }
        Returns: undefined
      }
      /** Counts an attempt to sign in or similar and returns {allowed, reason, retry_after}: reason is null, too_many_attempts, or blocked, and retry_after is in seconds. After p_max_attempts at once, each of which is forgotten after its share of the window, the next one starts a block of p_block_minutes. The service counts by p_identifier, else by p_ip_address if it is one, else by p_user_id; users count their own account only, in the actions that the error names. Not for anon: a visitor who can count against the IP address or the e-mail address of another user can lock that user out, so the application's back end calls it as the service, before the attempt and in a transaction of its own. Errors: 42501, 22004, 22023. */
      check_auth_rate_limit: {
        Args: { p_action?: string | null; p_block_minutes?: number | null; p_identifier?: string | null; p_ip_address?: string | null; p_max_attempts?: number | null; p_user_id?: string | null; p_window_minutes?: number | null }
        Returns: Json
      }
      /** Places orders for the caller's cart, or for its items in cart_item_ids, one for each seller and currency, in one transaction: reads current prices, takes stock, stores discounts, fees, and titles with the order items, and removes the items from the cart. Orders with nothing left to pay become paid, unless a coupon ties them to unpaid orders. Repeating a request with the same key returns the same orders, also concurrently. If it fails, nothing is changed. Errors: 42501 if the caller may not buy, 22004, 22023 for an invalid key, P0002 for an address, payment method, or cart item that is not the caller's, MK003 if stock is insufficient, MK004 for a coupon that is used up and MK008 for one that does not apply, MK006 for an empty cart or an item that cannot be bought, MK007 for a key that was used for another request, MK014 if the total differs from expected_total in expected_currency (total_amount and currency of quote_checkout()), MK015 for more unpaid orders or units than driplo.max_unpaid_orders and driplo.max_unpaid_pieces allow, or more items than driplo.max_cart_lines. */
      checkout: {
        Args: { billing_address_id?: string | null; cart_item_ids?: string[] | null; coupon_code?: string | null; expected_currency?: string | null; expected_total?: number | null; idempotency_key?: string | null; notes?: string | null; payment_method_id?: string | null; shipping_address_id: string; use_store_credit?: boolean | null }
        Returns: Database["api"]["CompositeTypes"]["placed_order"][]
      }
      /** For moderators and admins: keeps a report, or an appeal, for the caller for that many minutes, and returns until when. Called again it extends the claim; 0 gives it up. Refused in cases of the caller's own, and for an appeal if the caller has decided before. Errors: 42501, 22004, 22023, P0002, 55000. */
      claim_report: {
        Args: { minutes?: number | null; report_id: string }
        Returns: string
      }
      /** Removes all items from the caller's cart and returns their number. Error: 42501 without a user. */
      clear_cart: {
        Args: Record<string, never>
        Returns: number
      }
      /** Marks the application's onboarding as completed and the username as set up. Does not complete the setup, which the required steps do. Errors: 42501 for a user other than the caller, P0002 for an unknown or deleted one. */
      complete_user_onboarding: {
        Args: { p_user_id: string }
        Returns: undefined
      }
      /** For the buyer: confirms the delivery of an order with all its parcels, completes their tracking, creates shipping events, and returns the new status. Errors: see transition_order(); MK005 while items are in no parcel. */
      confirm_delivery: {
        Args: { order_id: string }
        Returns: Database["api"]["Enums"]["order_status"]
      }
      /** For the buyer, an admin, or the service: confirms that a parcel has arrived, and returns the status of the order, which is delivered with its last parcel if no items are still to be sent. Errors: see transition_order(); 42501 for the seller, P0002 for an unknown parcel, 55000 if it has arrived already. */
      confirm_parcel: {
        Args: { order_id: string; parcel_number: number }
        Returns: Database["api"]["Enums"]["order_status"]
      }
      /** Returns what an amount in major units is worth in another currency, rounded half away from zero to its smallest unit: by the latest rates in exchange_rates between each of the two and driplo.base_currency that are at most seven days older than as_of (default: today in UTC). BGN has its final rate to EUR. NULL for NULL, for an unknown currency, and without a rate. Error: 22003 for an amount beyond 999999999999999.99 or NaN. */
      convert: {
        Args: { amount: number; as_of?: string | null; from_currency: string; to_currency: string }
        Returns: number
      }
      /** Adds a session to auth_sessions, with the SHA-256 of the refresh token in hexadecimal digits, never the token. It expires after 30 days with p_remember_me, else after one day. The service adds sessions of any user, users their own, at most 60 an hour together with logged events. p_ip_address and p_user_agent as in log_auth_event(). Errors: 42501 for a user other than the caller, 22004, 22023, P0002 for an unknown user, MK015. */
      create_auth_session: {
        Args: { p_ip_address?: string | null; p_refresh_token: string; p_remember_me?: boolean | null; p_user_agent?: string | null; p_user_id: string }
        Returns: undefined
      }
      /** Returns a code with which another account can take over the caller's cart by merge_cart(): called as the guest before signing in. The code is valid for one hour and once, and replaces an earlier code. Error: 42501 without a user. */
      create_cart_claim: {
        Args: Record<string, never>
        Returns: string
      }
      /** Places an order for one listing as checkout() does, and returns the ID of the order: a uuid, not an object with payment_intent_id and client_secret, which only the payment processor knows. The application's back end creates the payment intent for total_amount and calls start_payment(). The rest of the buyer's cart is not changed; units of the listing in it count as ordered. p_buyer_id is compared with the caller, unless the service calls. p_shipping_address is a JSON object with the columns of shipping_addresses, which is added to the buyer's addresses unless it is there, or with the id of one; NULL is the default address. quantity and variant_id are read from p_metadata, which becomes metadata of the order, visible to both parties. Errors: those of add_to_cart() and checkout(); 42501 for another user's ID, 22023 for an incomplete address or malformed metadata. */
      create_order_with_payment: {
        Args: { p_buyer_id?: string | null; p_listing_id: string; p_metadata?: Json | null; p_payment_method_id?: string | null; p_shipping_address?: Json | null }
        Returns: string
      }
      /** For admins and the service: from now on, events of these types of webhook_event_types(), or of all for *, are sent to this URL. Returns the ID of the endpoint and the secret that signs what is sent, which is shown only here. The URL is https:// and the name of a host on the internet, without another port or user information. On record in admin_audit_log. Errors: 42501, 22004, 22023. */
      create_webhook_endpoint: {
        Args: { description?: string | null; event_types: string[]; url: string }
        Returns: Database["api"]["CompositeTypes"]["new_webhook_endpoint"][]
      }
      /** For the seller, an admin, or the service: approves or rejects a pending refund request, with a note to the buyer, and returns the new status. The refund is taken from the seller, the platform, and the tax in proportion to their shares of the order or item; it is processed when the payment processor has sent it, or at once for store credit. Discounts that orders tied by a coupon no longer earn are withheld, and the amount of the request is reduced accordingly. Errors: 22004, P0002, 42501 for the buyer, MK013 if it was already decided, or to approve it while the buyer's bank disputes the payment, MK009 if it exceeds the remaining amount. */
      decide_refund: {
        Args: { approve: boolean; note?: string | null; refund_id: string }
        Returns: string
      }
      /** For moderators, admins, and the service: decides a report, or the appeals against its decision, and returns the ID of the decision. decision: dismiss, warn, remove_listing, hide_rating, suspend_7d, suspend_30d, suspend_forever; reasons and legal_ground are shown to who reported and to whom it is about. After an appeal, what the former decision did is taken back unless the new one is the same. Refused in cases of the caller's own, to who decided before, while another moderator has claimed it, and to moderators for reports about staff. Recorded in report_decisions and admin_audit_log. Errors: 42501, 22004, 22023, P0002, 55000. */
      decide_report: {
        Args: { decision: string; legal_ground?: string | null; reasons: string; report_id: string }
        Returns: string
      }
      /** Deletes a saved search of the caller. Errors: 42501 without a user, 22004, P0002 for a search that is not the caller's. */
      delete_saved_search: {
        Args: { id: string }
        Returns: undefined
      }
      /** For admins and the service: deletes an endpoint with its secrets and its deliveries, and returns how many of these were waiting and are no longer sent. What a sender has claimed already can still arrive. On record in admin_audit_log. Errors: 42501, P0002. */
      delete_webhook_endpoint: {
        Args: { endpoint_id: string }
        Returns: number
      }
      /** Returns the version of the driplo library loaded in this session. */
      driplo_version: {
        Args: Record<string, never>
        Returns: string
      }
      /** Deletes a session, so that its refresh token is not accepted any longer by an application that looks it up. Users end their own sessions, the service any. Returns false for an unknown session. Errors: 42501 without a user, 22004. */
      end_auth_session: {
        Args: { session_id: string }
        Returns: boolean
      }
      /** For admins and the service: ends a commission rule at a time, now by default. One that has not begun by then is removed. Orders keep their fee. On record in admin_audit_log. Errors: 42501, 22004, 22023, P0002. */
      end_commission_rule: {
        Args: { ends_at?: string | null; rule_id: string }
        Returns: undefined
      }
      /** Deletes all sessions of the caller but keep_session, or all for NULL, and returns their number. Error: 42501 without a user. */
      end_other_sessions: {
        Args: { keep_session?: string | null }
        Returns: number
      }
      /** For admins and the service: lets a job of job_status() run once, from run_at on, and returns its ID in the queue. payload can name max_rows. Of one key at most one waits: the last payload and the later time count. A job that fails is tried 8 times. Errors: 42501, 22004, 22023. */
      enqueue_job: {
        Args: { key?: string | null; kind: string; payload?: Json | null; run_at?: string | null }
        Returns: string
      }
      /** Returns a page of the listings on sale of the users whom the caller follows, the newest first, at most page_size (1 to 100), with the columns of search(); price_in is in driplo.base_currency, score 0. Of more than 10,000 follows the latest count. next_cursor, the same on each row and NULL on the last page, is passed as cursor to get the next page. Errors: 42501 without a user, 22023 for a page_size out of range and a cursor of another feed. */
      feed: {
        Args: { cursor?: string | null; page_size?: number | null }
        Returns: Database["api"]["CompositeTypes"]["feed_hit"][]
      }
      /** Returns the coupon with this code, in upper or lower case, if it is active, valid now, and not restricted to other users; else no row. Amounts are in major units of currency, discount_value of type percentage is a percentage. */
      find_coupon: {
        Args: { coupon_code: string }
        Returns: Database["api"]["CompositeTypes"]["found_coupon"][]
      }
      /** Follows a user, whose new listings feed() then shows; brands are users. Returns whether the follow is new. Errors: 42501 without a user or for an anonymous or suspended one, 22004, 22023 for the caller, P0002 for an unknown, deleted or suspended user and for one who has blocked the caller, MK016 for one whom the caller has blocked. */
      follow: {
        Args: { user_id: string }
        Returns: boolean
      }
      /** Returns a page of the followers of a user (the caller by default), the latest first, at most page_size (1 to 100); is_followed says whether the caller follows them. Not those who are suspended or deleted, nor whom the caller has blocked or who have blocked the caller. next_cursor, the same on each row and NULL on the last page, is passed as cursor to get the next page. Errors: 42501 without a user, 22023, P0002 for an unknown or deleted user. */
      followers: {
        Args: { cursor?: string | null; page_size?: number | null; user_id?: string | null }
        Returns: Database["api"]["CompositeTypes"]["follower"][]
      }
      /** Returns a page of the users whom a user (the caller by default) follows, the latest first. Columns, pages and errors: as followers(). */
      following: {
        Args: { cursor?: string | null; page_size?: number | null; user_id?: string | null }
        Returns: Database["api"]["CompositeTypes"]["followed_user"][]
      }
      /** Returns a new order number ORD-YYYYMMDD-N, with the UTC date and an N of at least six digits, which is never assigned twice in a database and cannot be guessed from earlier numbers. Holds no lock until commit. Error: MK001 if no numbers are left. */
      generate_order_number: {
        Args: Record<string, never>
        Returns: string
      }
      /** Returns of the orders of a seller that were paid since a time, and neither cancelled nor refunded as a whole: the quantity sold, the revenue, the revenue of an order on average, and their number. Revenue is what the buyers paid, with store credit, shipping, taxes, and fees, less what was refunded, in major units: in the currency of the orders if it is one, or else in driplo.base_currency by today's rates, and NULL without a rate. Error: 42501 for a user other than the caller, unless the caller is staff. */
      get_brand_sales_stats: {
        Args: { start_date?: string | null; user_id_param: string }
        Returns: Database["api"]["CompositeTypes"]["get_brand_sales_stats_row"][]
      }
      /** Returns the active categories as JSON objects of their columns, in their order, with the number of listings for sale in each and below it, as of the last refresh_category_counts(); 0 before the first. */
      get_categories_with_counts: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["get_categories_with_counts_row"][]
      }
      /** Returns active listings of a category and those below it, as listing_data() does, with the number of all that fit, which is estimated above 4,000: at most 100 after at most 1000. Order and errors: as get_listings_with_favorites(). */
      get_category_listings: {
        Args: { p_brands?: string[] | null; p_category_id?: string | null; p_colors?: string[] | null; p_conditions?: string[] | null; p_limit?: number | null; p_max_price?: number | null; p_min_price?: number | null; p_offset?: number | null; p_sizes?: string[] | null; p_sort_by?: string | null; p_sort_order?: string | null; p_subcategory_id?: string | null }
        Returns: Database["api"]["CompositeTypes"]["get_category_listings_row"][]
      }
      /** Returns the latest messages between the caller and another user, in all of their conversations, the oldest of them first. */
      get_conversation_messages_secure: {
        Args: { limit_count?: number | null; other_user_id: string }
        Returns: Database["api"]["CompositeTypes"]["get_conversation_messages_secure_row"][]
      }
      /** Returns a JSON object for a home page: promoted_products (featured listings, as get_homepage_listings() has them), featured_products (popular listings that are not among these), categories (as category_tree() has them), and top_sellers (sellers with most completed sales, public columns). Each limit is at most 100. */
      get_homepage_data: {
        Args: { featured_limit?: number | null; promoted_limit?: number | null; top_sellers_limit?: number | null }
        Returns: Json
      }
      /** Returns at most 100 listings that are for sale, as listing_data() does: featured ones, the newest first, or popular ones, by favorites and age. Not those of suspended sellers, nor of sellers who have blocked the caller or whom the caller has blocked. Error: 22023 for another type. */
      get_homepage_listings: {
        Args: { p_limit?: number | null; p_type?: string | null }
        Returns: Database["api"]["CompositeTypes"]["get_homepage_listings_row"][]
      }
      /** Returns numbers of a listing, for its seller, the staff, and the service: total_views, unique_views (viewers, counted once a day), favorites, inquiries (conversations), offers (of buyers), and by_day with the last 30 days (UTC, the earliest first): day, views, unique_views, favorites, inquiries, offers, and sold, the quantity in orders paid that day. Errors: 22004, P0002 for a listing that is not the caller's. */
      get_listing_analytics: {
        Args: { p_listing_id: string }
        Returns: Json
      }
      /** Returns how many listings get_listings_with_favorites() finds, as search_summary() counts: estimated above 4,000. p_user_id is ignored. Errors: 0A000 for a p_status other than active, 22023. */
      get_listings_count: {
        Args: { p_brands?: string[] | null; p_category_id?: string | null; p_conditions?: string[] | null; p_max_price?: number | null; p_min_price?: number | null; p_search?: string | null; p_sizes?: string[] | null; p_status?: string | null; p_subcategory_id?: string | null; p_user_id?: string | null }
        Returns: number
      }
      /** Returns active listings that fit, as listing_data() does, and whether p_user_id has them among the favorites: at most 100 after at most 1000, found as by search(). p_sort_by is price, created_at, favorite_count or relevance; the default is relevance with p_search, else the newest first. Errors: 42501 for a user other than the caller, 0A000 for another p_status, 22023 for another order or a larger offset. */
      get_listings_with_favorites: {
        Args: { p_brands?: string[] | null; p_category_id?: string | null; p_conditions?: string[] | null; p_limit?: number | null; p_max_price?: number | null; p_min_price?: number | null; p_offset?: number | null; p_search?: string | null; p_sizes?: string[] | null; p_sort_by?: string | null; p_sort_order?: string | null; p_status?: string | null; p_subcategory_id?: string | null; p_user_id?: string | null }
        Returns: Database["api"]["CompositeTypes"]["get_listings_with_favorites_row"][]
      }
      /** Returns the URL of an image size: photo.webp?v=1 becomes photo_medium.webp?v=1. A path that already ends in a size or does not end in .webp is returned unchanged. Error 22023 unless the size is thumb, small, medium, or large. */
      get_optimized_image_url: {
        Args: { base_url: string; size?: string | null }
        Returns: string
      }
      /** Returns the ID of the user's cart, which is created if necessary, also with concurrent calls. An expired cart is replaced by an empty one with a new ID. Users can get their own cart, the service any cart. Errors: 22004 for NULL, 42501 for another user's ID, P0002 for an unknown user. */
      get_or_create_cart: {
        Args: { user_uuid: string }
        Returns: string
      }
      /** For admins and the service: returns number and amount of the payouts requested in a time, of all and by status; completed are those with status paid. Cancelled ones count in the total only. Amounts are in major units, in the currency of the payouts if it is one, or else in driplo.base_currency by today's rates, and NULL without a rate. Error: 42501. */
      get_payout_statistics: {
        Args: { end_date?: string | null; start_date?: string | null }
        Returns: Database["api"]["CompositeTypes"]["get_payout_statistics_row"][]
      }
      /** Returns the listings of a seller that others can see, the latest first, with the number of all of them, their favorites, and the seller's completed sales; no row for a user whose profile cannot be seen. is_favorited of a listing is about the viewer. Error: 42501 for a viewer other than the caller. */
      get_profile_listings_with_stats: {
        Args: { p_limit?: number | null; p_seller_id: string; p_viewer_id?: string | null }
        Returns: Database["api"]["CompositeTypes"]["get_profile_listings_with_stats_row"][]
      }
      /** Returns numbers of all users who claim to be sellers: how many there are, how many are new or verified, their listings that others can see, and their average rating. */
      get_seller_stats: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["get_seller_stats_row"][]
      }
      /** Returns at most 100 brands by their completed sales, with public columns of their profiles and pages. */
      get_top_brands: {
        Args: { limit_count?: number | null }
        Returns: Database["api"]["CompositeTypes"]["get_top_brands_row"][]
      }
      /** Returns the ten sellers with most completed orders of listings in a category or below it, with the ratings of these orders. */
      get_top_category_sellers: {
        Args: { category_uuid: string }
        Returns: Database["api"]["CompositeTypes"]["get_top_category_sellers_row"][]
      }
      /** Returns at most 100 sellers by their completed sales of the last week, month, or year (by the day of delivery, UTC, today included), as refresh_user_statistics() has last counted them, or of all time. total_revenue and items_sold are NULL for sellers other than the caller, unless the caller is staff or the service; revenue is what get_brand_sales_stats() counts, of completed orders. Error: 22023 for another period. */
      get_top_sellers: {
        Args: { result_limit?: number | null; time_period?: string | null }
        Returns: Database["api"]["CompositeTypes"]["get_top_sellers_row"][]
      }
      /** For admins and the service: returns the newest 1000 users whose e-mail address is not verified. Error: 42501. */
      get_unverified_users_for_admin: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["get_unverified_users_for_admin_row"][]
      }
      /** Returns the caller's conversations, the latest first: participant one is the buyer, two the seller; status is archived or active for the caller. last_active_at of other_participant is always null, because activity is private; other_participant has no username if the profile was deleted. */
      get_user_conversations_secure: {
        Args: { conv_limit?: number | null }
        Returns: Database["api"]["CompositeTypes"]["get_user_conversations_secure_row"][]
      }
      /** Returns the favorites of the caller whose listings can be seen, the latest first, each with its listing as a JSON object. Error: 42501 for a user other than the caller. */
      get_user_favorites_with_listings: {
        Args: { p_limit?: number | null; p_offset?: number | null; p_user_id: string }
        Returns: Database["api"]["CompositeTypes"]["get_user_favorites_with_listings_row"][]
      }
      /** Returns the completed sales of a user, the listings that others can see, and the rating as a seller with the number of ratings; no row for an unknown or deleted user. */
      get_user_stats: {
        Args: { user_id_param: string }
        Returns: Database["api"]["CompositeTypes"]["get_user_stats_row"][]
      }
      /** Returns how many listings are for sale: all, featured ones, new ones (first published in the last seven days), and those with free or worldwide shipping; as of the last refresh_category_counts(), 0 before the first. */
      get_virtual_category_counts: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["get_virtual_category_counts_row"][]
      }
      /** For admins and the service: grants a user store credit in driplo.default_currency at the platform's expense and returns its ID. Errors: 42501, 22004, 22023 for an invalid amount, an empty reason, or an expires_at in the past, P0002, 55000 for the caller's own account. */
      grant_store_credit: {
        Args: { amount: number; expires_at?: string | null; reason: string; user_id: string }
        Returns: string
      }
      /** Like grant_store_credit(), in any currency. */
      grant_store_credit_in: {
        Args: { amount: number; currency: string; expires_at?: string | null; reason: string; user_id: string }
        Returns: string
      }
      /** For admins and the service: measurements of this time, each with its limit and with advice if it is beyond it. ok is NULL for what cannot be read. Reads only, also on a standby. Error: 42501. */
      health: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["health_row"][]
      }
      /** Returns true if the user is an admin whose profile is neither deleted nor suspended. For users other than the caller, returns false unless the caller is an admin or the service. False for NULL. Used by policies; bypasses row level security. */
      is_admin: {
        Args: { user_id: string }
        Returns: boolean
      }
      /** Returns true if the user has completed the setup and, for a brand, has an approved verification request. For users other than the caller, returns false unless the caller is an admin or the service. False for an unknown user and for NULL. */
      is_profile_setup_complete: {
        Args: { user_id: string }
        Returns: boolean
      }
      /** For admins and the service: each job, how often it runs, how it ended last, when it is due, and by how much it is late (lag). last_run and next_run are NULL while no scheduler has run any job. Errors: 42501. */
      job_status: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["job_state"][]
      }
      /** Returns how often an account can do something: most at once, each of which is forgotten after its share of window_seconds. is_changed says whether set_rate_limit() has changed it. They apply to users, not to the service, unless driplo.rate_limits is off. */
      list_rate_limits: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["account_rate_limit"][]
      }
      /** Returns a listing as a JSON object with its columns, like_count, lowest_price_30d, public columns of its seller (seller, and again as profiles), and its category (categories); NULL for a listing that the caller cannot see. */
      listing_data: {
        Args: { listing_id: string }
        Returns: Json
      }
      /** For moderators, admins, and the service: writes an entry of the application to admin_audit_log, signed by the caller, and returns its ID. Details are stored under the key details of new_values, as is a resource ID that is not a UUID. Errors: 42501, 22023. */
      log_admin_action: {
        Args: { p_action: string; p_details?: Json | null; p_resource_id?: string | null; p_resource_type?: string | null }
        Returns: string
      }
      /** Adds an event to auth_login_history and returns its event_id. The service logs events of any user, or without one (NULL), such as a failed attempt; users log those of their own account, at most 60 an hour, marked with is_self_reported. A p_ip_address that is no IP address, such as unknown or server, counts as NULL; p_user_agent and p_error_message are cut to 1000 characters. event_type, user_id, and metadata are other names of p_action, p_user_id, and p_metadata, for applications that use them. Errors: 42501 for a user other than the caller, 22004, 22023, P0002 for an unknown user, MK015. */
      log_auth_event: {
        Args: { event_type?: string | null; metadata?: Json | null; p_action?: string | null; p_error_message?: string | null; p_ip_address?: string | null; p_metadata?: Json | null; p_success?: boolean | null; p_user_agent?: string | null; p_user_id?: string | null; user_id?: string | null }
        Returns: string
      }
      /** The lowest price that a listing had in the 30 days before its price was last lowered, in its currency: to be shown beside a lowered price. NULL unless the last change of the price, in the last 30 days, has lowered it. */
      lowest_price_30d: {
        Args: { listing_id: string }
        Returns: number
      }
      /** Offers a seller a price for a listing and returns the offer: amount is for one unit, in major units of the listing's currency, below the price and at least the percentage that the seller accepts (offer_terms()). Replaces the caller's pending offer for the same listing and variant. Writes a message with the offer into their conversation about the listing, which is opened if necessary. The seller has driplo.offer_window to answer; the seller's settings can answer at once. Errors: 22004, 22023 for an amount that is too low or not below the price, 23514 for the caller's own listing, 42501 if the caller may not buy, 55000 if the listing is not for sale or its seller accepts no offers, MK003 if stock is insufficient, MK015 for more than 3 offers for a listing or 25 in a day, MK016 if the caller has blocked the seller, MK018 if an offer of the seller has to be answered first or one was accepted, P0002 for an unknown listing or variant. */
      make_offer: {
        Args: { amount: number; listing_id: string; message?: string | null; quantity?: number | null; variant_id?: string | null }
        Returns: string
      }
      /** Marks the messages of a conversation that the caller received as read and returns how many were unread. The service does so for the party in its claims, or for both sides without one. Errors: 22004, P0002 if the caller is not part of the conversation. */
      mark_conversation_read: {
        Args: { conversation_id: string }
        Returns: number
      }
      /** Marks the messages that the caller received from another user as read, in all of their conversations, and returns whether they have any. Error: 42501 without a user. */
      mark_conversation_read_secure: {
        Args: { other_user_id: string }
        Returns: boolean
      }
      /** Marks the messages of a conversation that a user received as read, as mark_conversation_read() does for the caller. Errors: 42501 for a user other than the caller, P0002 if the user is not part of the conversation. */
      mark_messages_as_read: {
        Args: { p_conversation_id: string; p_user_id: string }
        Returns: undefined
      }
      /** Marks the caller's notifications as read and returns how many were unread: those with these IDs, or all for NULL, and none newer than up_to. What happens afterwards makes a new notification. Errors: 42501 without a user. */
      mark_notifications_read: {
        Args: { ids?: string[] | null; up_to?: string | null }
        Returns: number
      }
      /** Records that the caller has seen the list of notifications, which stay unread, and returns how many were new. Errors: 42501 without a user. */
      mark_notifications_seen: {
        Args: Record<string, never>
        Returns: number
      }
      /** Moves the items of the cart whose code create_cart_claim() returned into the caller's cart, and empties that cart. Quantities of the same listing and variant are added up, as far as they are in stock. Returns a row for each item: the cart item in the caller's cart and its quantity, or NULL and 0, and problem if less was added than requested: a code of cart_contents(), has_offer for an item that is in the cart at the price of an offer, or cart_full. Offers are not moved. Errors: 42501 without a user, 22004, P0002 for a code that is unknown, used, or expired. */
      merge_cart: {
        Args: { claim_code: string }
        Returns: Database["api"]["CompositeTypes"]["merged_item"][]
      }
      /** Returns the text of a code for users: an SQLSTATE, a problem such as listing_unavailable, coupon. and a reason of validate_coupon(), or an enum and a label such as order_status.paid. In the locale, such as bg-BG, else its language, else English; by default in the language of the caller. NULL for an unknown code. */
      message_text: {
        Args: { code: string; locale?: string | null }
        Returns: string
      }
      /** For moderators, admins, and the service: takes a listing off sale (action remove, status removed) or returns it to its previous status (action restore), adjusted to current stock and orders, but archived instead of active while its seller is suspended. Moderators cannot restore listings removed by an admin or the service. Recorded in admin_approvals and admin_audit_log. Returns the new status. Errors: 42501, 22004, 22023 for another action or an empty reason, P0002, 55000 for the caller's own listing or an unsuitable status. */
      moderate_listing: {
        Args: { action: string; listing_id: string; reason: string }
        Returns: string
      }
      /** For admins (audited) and the service: moves a refund sent by the payment processor to another order of the same payment. The first order returns to its state before the refund, and a request that was made there is due again; the other order is refunded instead, by an approved request of that amount, or else a new one. Returns the refund request of the other order, to which later events of the refund apply. Repeating the call has no effect. Errors: 42501, also for a party of either order, 22004, 22023 for the same order or an empty reason, P0002, MK009 if it exceeds the remaining amount, MK013 for a refund that was not sent, an order of another payment or with a chargeback, and an order that cannot be resumed. */
      move_refund: {
        Args: { reason: string; refund_id: string; to_order_id: string }
        Returns: string
      }
      /** Returns {requested_at, due_at, open}: when the caller asked for the deletion of the account and when it is due, both null if not; open lists what is in its way as {what, count} or {what, amount, currency}, amounts in major units. Error: 42501 without a user. */
      my_account_deletion: {
        Args: Record<string, never>
        Returns: Json
      }
      /** Returns the users whom the caller has blocked, the latest first, with public columns of their profiles, which are NULL for a deleted user. */
      my_blocks: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["my_blocks_row"][]
      }
      /** Name of the channel for LISTEN on which the caller's news arrives. It cannot be guessed, and stays the same. Errors: 42501 without a user, 55000. */
      my_channel: {
        Args: Record<string, never>
        Returns: string
      }
      /** Returns the parts of a finished export of the caller, the readme first, with their numbers of rows and bytes. A part with many rows is divided, by ordinal from 0. Errors: 22004, P0002, 55000 for one that is not ready. */
      my_data_export: {
        Args: { id: string }
        Returns: Database["api"]["CompositeTypes"]["data_export_piece"][]
      }
      /** Returns a part of a finished export of the caller: an array of its rows, and for the part readme an object that says what the export contains, what it leaves out, and why. Errors: 22004, P0002 for an unknown export or part, 55000 for one that is not ready. */
      my_data_export_part: {
        Args: { id: string; ordinal?: number | null; part: string }
        Returns: Json
      }
      /** Returns the caller's exports that have not expired, the latest first: status is waiting, ready, or failed. Error: 42501 without a user. */
      my_data_exports: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["data_export_state"][]
      }
      /** Returns the decisions of moderators about the caller, and listings, messages, and ratings of the caller, the latest first, with their reasons; never who reported. stands is false once another decision has replaced it. appeal_until is NULL when the caller cannot appeal. Suspended users can call it too. */
      my_decisions: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["decision_about_me"][]
      }
      /** Returns the gift cards that the caller has bought (bought_at) or redeemed (redeemed_at), the newest first. last4 are the last characters of the code. No rows without a user. */
      my_gift_cards: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["own_gift_card"][]
      }
      /** Each type of notifications with each channel: whether the caller gets it, whether that is the default, and whether it can be changed. No rows without a user. */
      my_notification_preferences: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["notification_choice"][]
      }
      /** The caller's notification settings; locale is NULL while the language of the profile applies. No row without a user. */
      my_notification_settings: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["own_notification_settings"][]
      }
      /** The caller's notifications in the caller's language, the newest first, at most page_size (up to 100). For the next page, pass created_at and id of the last row. actors are the newest users of those who did it (at most 3), count is the number of events in the row. Errors: 42501 without a user. */
      my_notifications: {
        Args: { before?: string | null; before_id?: string | null; only_unread?: boolean | null; page_size?: number | null }
        Returns: Database["api"]["CompositeTypes"]["own_notification"][]
      }
      /** Returns the caller's offers, the latest first, at most page_size (up to 100): of the role buyer or seller, or both, and of a status, or all. status is what it is now, by the clock. amount and list_price are for one unit, in major units of currency; title and list_price are NULL for a listing that the caller can no longer see. For the next page pass created_at and id of the last row. Errors: 22004, 22023 for an unknown role or status, 42501 without a user. */
      my_offers: {
        Args: { before?: string | null; before_id?: string | null; page_size?: number | null; role?: string | null; status?: string | null }
        Returns: Database["api"]["CompositeTypes"]["own_offer"][]
      }
      /** Returns the caller's profile including its private columns, such as e-mail address, phone number, birth date, settings, and payment IDs; no row without a user. */
      my_profile: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["own_profile"][]
      }
      /** Returns the reports that the caller has sent, the latest first, each with the decision that stands and its reasons. appeal_until is NULL when the caller can appeal no more. */
      my_reports: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["own_report"][]
      }
      /** The saved searches of the caller, the latest first: query and filters are for search(), waiting says how many matches are still to be told, problem why it no longer matches anything. No rows without a user. */
      my_saved_searches: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["own_saved_search"][]
      }
      /** Returns the caller's sessions of create_auth_session() that have not expired, the last used first; no row without a user. */
      my_sessions: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["my_sessions_row"][]
      }
      /** Returns what a seller accepts: whether any offers, from which percentage of the price on, and the discounts for several units; the defaults for a seller without settings, no row for an unknown user. */
      offer_terms: {
        Args: { seller_id: string }
        Returns: Database["api"]["CompositeTypes"]["seller_offer_terms"][]
      }
      /** For sellers: offers a listing of theirs to all who have it among their favorites, at percent (1 to 50) off its price, and returns how many that are, at most 200; a job makes the offers. Not for listings with variants, and once in 7 days for a listing. Errors: 22004, 22023 for another percentage, 42501 if the caller may not sell, 55000 if the listing is not for sale or has variants, MK015 for a second time in 7 days, P0002 for a listing that is not the caller's. */
      offer_to_likers: {
        Args: { listing_id: string; message?: string | null; percent: number }
        Returns: number
      }
      /** For a party of a paid order: opens a dispute with the other party, who is asked for a response, and returns its ID. Allowed within driplo.return_window after delivery or cancellation, while a return is open, and within driplo.dispute_grace after the other party has withdrawn a dispute, unless one of the caller's was decided, or, for the buyer, after a return was rejected or partially refunded; one open dispute per party. type is a label of dispute_type. Errors: 22004, 22023, P0002 for an order that is not the caller's, 42501 for other callers, 55000 if the order was not paid or was refunded, the window has closed, or the other account is deleted, MK011 if the caller or the bank has an open dispute. */
      open_dispute: {
        Args: { description: string; order_id: string; title: string; type: Database["api"]["Enums"]["dispute_type"] }
        Returns: string
      }
      /** For the buyer, or an admin or the service on the buyer's behalf: requests the return of a delivered order item within driplo.return_window (minutes, default 14 days) after delivery, and returns its ID. reason is a label of return_reason; photos is an array of at most 10 URLs or paths. quantity is how many are returned, by default all that are left. Errors: 22004, 22023, P0002 for an item that is not the caller's, 42501 for its seller, 55000 if the order was not delivered or the window has closed, MK010 if the item has an open return or was refunded. */
      open_return: {
        Args: { description?: string | null; order_item_id: string; photos?: Json | null; quantity?: number | null; reason: Database["api"]["Enums"]["return_reason"] }
        Returns: string
      }
      /** Returns the parcels of an order, for its parties, admins, and the service. items is an array of objects with order_item_id, title, and quantity; of a parcel without items of its own, all that no other parcel names. Error: P0002 for an order that is not the caller's. */
      order_parcels: {
        Args: { order_id: string }
        Returns: Database["api"]["CompositeTypes"]["order_parcels_row"][]
      }
      /** Returns the history of an order in chronological order, for its parties, admins, and the service. actor is buyer, seller, admin, or system. Error: P0002 for an order that is not the caller's. */
      order_timeline: {
        Args: { order_id: string }
        Returns: Database["api"]["CompositeTypes"]["timeline_step"][]
      }
      /** For admins (audited) and the service: creates a payout of an amount, or of the whole available balance, of a seller whose account was deleted; party_id is the seller's ID in the ledger. The payout has no seller_id and is settled by settle_payout(). Errors: 42501, 22004, 22023 for an invalid amount, 55000 if the account is not deleted, MK012 if the available balance is too low. */
      pay_out_deleted_seller: {
        Args: { amount?: number | null; currency: string; party_id: string }
        Returns: string
      }
      /** For admins and the service: numbers of the whole platform on the days from from_date to to_date (UTC, at most 400). Orders count on the day on which they were paid. gmv is what the buyers paid, with store credit, shipping, taxes, and fees; take the platform's fees less those refunded; each in driplo.base_currency by the exchange rates of today, NULL without a rate, and not converted by currency. sell_through is the percentage of listings published on these days that are sold, median_days_to_sell of those sold on these days, empty_searches the percentage that found nothing. Reads all orders. Errors: 42501, 22004, 22023. */
      platform_stats: {
        Args: { from_date: string; to_date: string }
        Returns: Json
      }
      /** Returns the caller's own row of profiles with the columns that others do not see, for the view. */
      private_profiles: {
        Args: { id: string }
        Returns: Database["api"]["CompositeTypes"]["own_profile"][]
      }
      /** For admins and the service: makes the user with this e-mail address an admin and records it in admin_approvals and admin_audit_log. The first promotion from a console is recorded as made by the promoted user, with metadata.bootstrap true. Errors: 42501 for other callers, P0002 for an unknown e-mail address, 55000 if two users have it, 22004 for NULL. */
      promote_to_admin: {
        Args: { user_email: string }
        Returns: undefined
      }
      /** Returns the public columns of a user's profile, the ratings (0 to 5) as seller and as buyer, and the numbers of followers and active listings; no row for an unknown or deleted user. */
      public_profile: {
        Args: { user_id: string }
        Returns: Database["api"]["CompositeTypes"]["public_profile"][]
      }
      /** Returns what checkout() would do with the caller's cart, or with the items in cart_item_ids: orders with their items and amounts in major units, total_amount and currency of all orders (null for several currencies; totals has each), coupon (several codes separated by commas), and problems. Shipping and tax are calculated for the default address. Errors: 42501 without a user, P0002 for an ID that is not in the caller's cart, 22003 for amounts that are too large. */
      quote_checkout: {
        Args: { cart_item_ids?: string[] | null; coupon_code?: string | null; use_store_credit?: boolean | null }
        Returns: Json
      }
      /** Counts a search in search_queries, with the number of results that the client was shown. Call it after search(), which writes nothing. Queries of more than eight words or 100 characters are not counted, nor more than 200 of one person a day; of callers without a user only what a user has searched for that day. It writes, so clients send a POST. Errors: 22004, 22023, 25006 in a read-only transaction. */
      record_search: {
        Args: { query: string; results: number }
        Returns: undefined
      }
      /** Turns a gift card into store credit of the caller, once, and returns the credit. Case, blanks, and dashes of the code do not matter. Credit of a card expires when the card does. problem is NULL, or says why nothing was redeemed: unknown, redeemed (by another user), expired, or cancelled. Repeating the call returns the same credit. Errors: 42501 for an anonymous or suspended user, 22004, MK015 for too many attempts. */
      redeem_gift_card: {
        Args: { code: string }
        Returns: Database["api"]["CompositeTypes"]["redeemed_gift_card"][]
      }
      /** For the seller, an admin, or the service: refunds a paid order without a request of the buyer, at any time, either an amount in major units of the order's currency or items, an array of objects with order_item_id and quantity (all that is left without it), at what was paid for them. Returns the refunds. Requires a reason, which the buyer reads. Discounts that orders tied by a coupon no longer earn are withheld. Errors: 22004, 22023, P0002 for an order that is not the caller's or an item of another order, 42501 for the buyer and a suspended seller, MK009 if it exceeds what is left, MK012 if the seller's balance is too low, MK013 for an unpaid order or while the buyer's bank disputes the payment. */
      refund_order: {
        Args: { amount?: number | null; items?: Json | null; order_id: string; reason?: string | null }
        Returns: Database["api"]["CompositeTypes"]["refund_order_row"][]
      }
      /** Registers the caller's device (ios, android, or web) for push messages; a device that was another user's no longer is. The 20 devices seen last are kept. Errors: 42501 without a user, 22004, 22023. */
      register_push_token: {
        Args: { platform: string; token: string }
        Returns: undefined
      }
      /** For admins and the service: ends a suspension. Archived listings stay archived until the user publishes them again. Recorded like the suspension. Errors: see suspend_user(). */
      reinstate_user: {
        Args: { reason: string; user_id: string }
        Returns: undefined
      }
      /** For the seller: removes a parcel that was added by mistake and has not arrived. It stays in shipping_events and in the history of the order. Errors: as update_parcel(); 55000 for the first parcel. */
      remove_parcel: {
        Args: { order_id: string; parcel_number: number }
        Returns: undefined
      }
      /** For admins and the service: ends what add_search_synonym() began, and records it in admin_audit_log. Returns false if the word had no synonyms. Errors: 42501, 22004. */
      remove_search_synonym: {
        Args: { word: string }
        Returns: boolean
      }
      /** For admins and the service: removes a tax rate. The one that it had replaced counts again, else the one of the category above or of the country. Orders keep their tax. On record in admin_audit_log. Errors: 42501, 22004, P0002. */
      remove_tax_rate: {
        Args: { tax_rate_id: string }
        Returns: undefined
      }
      /** For admins and the service: sends again what was queued for an endpoint since then and failed or was skipped, and with include_delivered also what was delivered, under the same webhook-id; returns the number. What is older than 90 days is gone. On record in admin_audit_log. Errors: 42501, 22004, P0002, 55000 for a disabled endpoint. */
      replay_webhooks: {
        Args: { endpoint_id: string; include_delivered?: boolean | null; since: string }
        Returns: number
      }
      /** Adds a message to an open dispute as a party or as staff (moderators, admins, the service) and returns its ID. A response of the awaited party changes the status to under_review. attachments is an array of at most 10 URLs or paths. Errors: 22004, 22023, P0002 for a dispute that is not the caller's, MK011 if it is not open. */
      reply_dispute: {
        Args: { attachments?: Json | null; dispute_id: string; message: string }
        Returns: string
      }
      /** Reports a listing, user, message, or rating to the moderators, with a copy of it, and returns the ID of the report, which is the receipt: my_reports() and report_status() show what becomes of it. target_type: listing, user, message, rating; category: spam, counterfeit, prohibited, offensive, scam, illegal, other. Details are required for illegal, which anybody can report, also suspended and anonymous users, and without an account with an e-mail address, to which the receipt and the decisions are sent, in the language of locale. A second report about the same while the first is open returns the first. A message can be reported by the other participant only. A listing with open reports of three reliable users is hidden until moderators decide. Errors: 42501, 22004, 22023, P0002, 55000 for the caller's own, MK015 above 50 reports in 24 hours. */
      report: {
        Args: { category: string; details?: string | null; email?: string | null; evidence?: Json | null; locale?: string | null; target_id: string; target_type: string }
        Returns: string
      }
      /** Returns what became of a report without an account, or of one of the caller's, by the ID that report() has returned; no row for others. */
      report_status: {
        Args: { report_id: string }
        Returns: Database["api"]["CompositeTypes"]["state_of_report"][]
      }
      /** Asks that the caller's account be deleted, and returns when: after 14 days, until which cancel_account_deletion() takes it back and the account works as before. A second call keeps the time. Refused, with what is open in the detail, while there are orders, returns, disputes, refunds, or payouts under way, a balance, or store credit that is not given up. What becomes open later puts the deletion off. Errors: 42501 without a user, 22004, 55000. */
      request_account_deletion: {
        Args: { give_up_store_credit?: boolean | null }
        Returns: string
      }
      /** Asks that the caller is verified as a brand of that name, and returns the ID of the request. Called again before the decision, or when more information is needed, it changes that request and hands it in again; an argument that is NULL then changes nothing. Errors: 42501, 22004, 22023, 55000 while it is under review. */
      request_brand_verification: {
        Args: { brand_category: string; brand_name: string; business_registration_number?: string | null; documents?: Json | null; social_media_accounts?: Json | null; tax_id?: string | null }
        Returns: string
      }
      /** Asks for an export of what is kept about the caller, or about the user whom the service names, and returns its ID. make_data_exports() makes it; my_data_exports() shows when it is ready. While an export is being made, returns the same ID; the next one can be asked for a day after the last. Errors: 42501 without a user or for another user, P0002, MK015. */
      request_data_export: {
        Args: { user_id?: string | null }
        Returns: string
      }
      /** For a seller: requests a payout of an amount, or of the whole available balance, and returns its ID. A payout never exceeds the available balance, also with concurrent calls, never includes undecided refund requests, and is at least driplo.minimum_payout. Errors: 42501, 22023 for an invalid or too small amount or a balance in several currencies, MK012 if the available balance is too low. */
      request_payout: {
        Args: { amount?: number | null }
        Returns: string
      }
      /** Like request_payout(), for one currency. */
      request_payout_in: {
        Args: { amount?: number | null; currency: string }
        Returns: string
      }
      /** For the buyer: requests a refund of an order, or of one order item or a quantity of it up to the amount paid for it, in major units of the order's currency, and returns the ID of the request. With a quantity, the amount can be NULL: what was paid for so many. Errors: 22004, 22023, P0002 for an order that is not the caller's or an item of another order, 42501 for the seller, MK013 for an unpaid order, MK009 if the refund exceeds the amount paid or the quantity what is left. */
      request_refund: {
        Args: { amount: number; order_id: string; order_item_id?: string | null; quantity?: number | null; reason: string }
        Returns: string
      }
      /** For admins and the service: resolves a dispute, visible to both parties and recorded in admin_audit_log, and returns the new status. full_refund refunds the remaining payment, partial_refund and keep_item_partial_refund refund refund_amount (major units of the order's currency), return_and_refund that amount or everything; other resolutions move no money. Errors: 22004, 22023, P0002, 42501, MK009 if the refund exceeds the remaining amount, MK011 for a dispute that is not open and for a chargeback, MK013 to refund while the buyer's bank disputes the payment. */
      resolve_dispute: {
        Args: { dispute_id: string; notes?: string | null; refund_amount?: number | null; resolution: Database["api"]["Enums"]["resolution_type"] }
        Returns: Database["api"]["Enums"]["dispute_status"]
      }
      /** For admins and the service: returns the events with these numbers, or all, from outbox_dead to the outbox, where they have three more attempts, and returns their number. On record in admin_audit_log. Errors: 42501. */
      retry_dead_events: {
        Args: { event_ids?: number[] | null }
        Returns: number
      }
      /** For admins and the service: decides a brand verification request, or rejects one that was approved, and returns its new status: approve makes the applicant a verified brand of that name, reject and request_info need notes, which the applicant reads. revision is the revision that was read, and required for approving any but the first. Recorded in admin_approvals and admin_audit_log. Errors: 42501, 22004, 22023, P0002, 55000 for the caller's own, a decided, or a changed one. */
      review_brand: {
        Args: { decision: string; notes?: string | null; request_id: string; revision?: number | null }
        Returns: string
      }
      /** For moderators, admins, and the service: reports by status, the most urgent and then the oldest first, with what was reported as it was then, the number of open reports about the same, and appeals that wait for an answer. open also has reports whose claim has ended; claimed is what moderators are working on. Without reports in which the caller has a part. Errors: 42501, 22023. */
      review_queue: {
        Args: { max_rows?: number | null; status?: string | null }
        Returns: Database["api"]["CompositeTypes"]["report_to_review"][]
      }
      /** For admins and the service: gives an endpoint a new secret and returns it, which is shown only here. For 24 hours what is sent is signed with both; of two rotations within that time, only the last secret before counts. On record in admin_audit_log. Errors: 42501, P0002. */
      rotate_webhook_secret: {
        Args: { endpoint_id: string }
        Returns: string
      }
      /** Saves a search, with query and filters as search() takes them, and returns its ID. The caller is notified (saved_search_match) of listings that are published from now on, or lowered into its price filter, and that search() would find: instant, at most once a day (daily), or not (off). At most 50 for each user. It needs a word, brand, category, size, color, or seller. Errors: 42501 without a user or for an anonymous or suspended one, 22004, 22023, MK015. */
      save_search: {
        Args: { filters?: Json | null; name: string; notify?: string | null; query?: string | null }
        Returns: string
      }
      /** Returns a page of the listings on sale that fit: all words of query, of which misspelled ones are corrected, other scripts and synonyms found, and the last one is also a beginning (exact: words as typed only), and filters, an object with any of category (slug or ID, with what is below it), brands, sizes, colors, conditions (arrays), price_min, price_max (in currency), currency (of these and of price_in, default driplo.base_currency), country, seller (ID), since, exclude_sold (true). sort is relevance, newest, price_asc, price_desc or popular. next_cursor, the same on each row and NULL on the last page, is passed as cursor to get the next page. highlighted is the title with <mark> around found words, not escaped. Prices are in major units. Errors: 22023 for unknown filters, values of a wrong type, and a cursor of another search; 0A000 for exclude_sold false. */
      search: {
        Args: { cursor?: string | null; exact?: boolean | null; filters?: Json | null; page_size?: number | null; query?: string | null; sort?: string | null }
        Returns: Database["api"]["CompositeTypes"]["search_hit"][]
      }
      /** Returns listings found by search(), as listing_data() does, the most relevant first: at most 100 after at most 1000. Error: 22023 for a larger offset. */
      search_listings: {
        Args: { limit_count?: number | null; offset_count?: number | null; search_query: string }
        Returns: Database["api"]["CompositeTypes"]["search_listings_row"][]
      }
      /** Returns listings found by search(), the most relevant first and at most 100, with the columns that a list of results shows. */
      search_products_fast: {
        Args: { query_text: string; result_limit?: number | null }
        Returns: Database["api"]["CompositeTypes"]["search_products_fast_row"][]
      }
      /** Returns for the arguments of search(): total, an object of n and exact; corrected_query, the query as it was understood when words were corrected, else null; and facets, an object of brand, size, color, condition, category and price. Each is an array of at most ten objects of value and n, for price of from, to and n; it is counted without its own filter. Above 4,000 matches numbers are counted in a sample and rounded: exact is false. Errors: as search(). */
      search_summary: {
        Args: { exact?: boolean | null; filters?: Json | null; query?: string | null }
        Returns: Json
      }
      /** Returns the balance of a seller per currency in major units: pending until the order is delivered, its return window has closed, and no dispute is open, including undecided refund requests; available for payouts; paid_out so far. Defaults to the caller; other sellers for admins and the service only. Errors: 42501, 22004 without a user. */
      seller_balance: {
        Args: { seller_id?: string | null }
        Returns: Database["api"]["CompositeTypes"]["balance"][]
      }
      /** Returns how a seller did on the days from from_date to to_date (UTC, at most 400), for the caller, or of any seller for the staff and the service: totals, conversion (views are viewers, counted once a day; offers those of buyers), best_listings (at most ten), service (times and rates of the last 90 days beside the medians of sellers with as many sales by powers of ten, NULL for fewer than five), and series by day. Orders count on the day on which they were paid, as refresh_user_statistics() has last counted. Amounts are in major units of currency, by default that in which the seller sells most, by the exchange rates of today; an amount is NULL without a rate, and totals.by_currency has the sums as they are. Errors: 42501, 22004, 22023. */
      seller_dashboard: {
        Args: { currency?: string | null; from_date: string; seller_id?: string | null; to_date: string }
        Returns: Json
      }
      /** Returns sellers with a negative available balance: the amount owed to the platform, the pending earnings, and the time of the last deduction. Admins and the service see all sellers, sellers see their own debts. Earnings that become available reduce the debt first. */
      seller_debts: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["seller_debt"][]
      }
      /** For admins and the service: sends a promotion to all users who agreed to marketing, from that time on, by a job, and returns its ID. Texts are JSON objects by locale. audience narrows: is_seller, locale, user_ids. On record in admin_audit_log. Errors: 42501, 22004, 22023. */
      send_promotion: {
        Args: { action_url?: string | null; at?: string | null; audience?: Json | null; message: Json; title: Json }
        Returns: string
      }
      /** For admins and the service: changes thresholds of an achievement, such as {"sales": 20}, and returns all of its thresholds. It counts for users who are looked at from then on; recount_achievements() lets all be. On record in admin_audit_log. Errors: 42501, 22004, 22023. */
      set_achievement_rule: {
        Args: { achievement: string; thresholds: Json }
        Returns: Json
      }
      /** Sets what the caller takes off orders of several units, such as [{"pieces": 2, "percent": 5}, {"pieces": 3, "percent": 10}]; the empty array for nothing. Of an order, the units without an offer count and get cheaper, before coupons; the seller bears the discount. Errors: 22004, 22023 for malformed tiers or such that do not increase, 42501 if the caller may not sell. */
      set_bundle_discount: {
        Args: { tiers: Json }
        Returns: undefined
      }
      /** Says whether an item in the caller's cart is picked up instead of shipped, for nothing and from any country. Errors: 42501 without a user, 22004, P0002 if the item is not in the caller's cart, 55000 if its seller does not offer it. */
      set_cart_pickup: {
        Args: { is_picked_up: boolean; item_id: string }
        Returns: undefined
      }
      /** Sets the quantity of an item in the caller's cart; 0 removes it. Errors: 42501 without a user, 22004, 22023 for a negative number, P0002 if the item is not in the caller's cart, MK003 if stock is insufficient. */
      set_cart_quantity: {
        Args: { item_id: string; quantity: number }
        Returns: undefined
      }
      /** For admins and the service: changes how often a job runs, 1 second to 1 year, and whether it runs at all; NULL changes nothing. Returns when the job is due next; NULL if it is off. On record in admin_audit_log. Errors: 42501, 22004, 22023. */
      set_job: {
        Args: { enabled?: boolean | null; every?: string | null; job: string }
        Returns: string
      }
      /** Sets whether the caller gets a type of notifications through a channel (in_app, email, or push). What moves money is always shown in the application. Errors: 42501 without a user, 22004, 22023. */
      set_notification_preference: {
        Args: { channel: Database["api"]["Enums"]["notification_channel"]; enabled: boolean; type: Database["api"]["Enums"]["notification_type"] }
        Returns: undefined
      }
      /** Changes how the caller gets notifications: language (empty: that of the profile), time zone by name, quiet hours as two times of the day (empty: none), digest (off, daily, or weekly), and whether marketing is welcome; NULL changes nothing. Errors: 42501 without a user, 22023. */
      set_notification_settings: {
        Args: { digest?: string | null; locale?: string | null; marketing?: boolean | null; quiet_from?: string | null; quiet_to?: string | null; timezone?: string | null }
        Returns: undefined
      }
      /** Sets what offers the caller accepts as a seller: whether any, from which percentage of the price on, and from which on they are accepted, or below which declined, automatically; NULL for never. Applies to offers made from then on. Errors: 22004, 22023, 42501 if the caller may not sell. */
      set_offer_settings: {
        Args: { auto_accept_percent?: number | null; auto_decline_percent?: number | null; enabled: boolean; min_percent?: number | null }
        Returns: undefined
      }
      /** For admins and the service: changes a limit of list_rate_limits() for all accounts, from their next action on; NULL changes nothing. enabled false turns it off. On record in admin_audit_log. Errors: 42501, 22004, 22023. */
      set_rate_limit: {
        Args: { action: string; enabled?: boolean | null; most?: number | null; window_seconds?: number | null }
        Returns: undefined
      }
      /** For admins and the service: changes the smallest amount in major units that a card can pay in a currency, 0 for none. Store credit leaves no less to pay. On record in admin_audit_log. Errors: 42501, 22004, 22023. */
      set_smallest_card_amount: {
        Args: { amount: number; currency: string }
        Returns: undefined
      }
      /** For admins and the service: a tax rate in percent for a country, a region of it and a category, from a day on (UTC; today by default). One that begins the same day is changed, one that began before gives way. Checkouts from then on have it; orders keep theirs. Returns its ID. On record in admin_audit_log. Errors: 42501, 22004, 22023, P0002 for an unknown category. */
      set_tax_rate: {
        Args: { category_id?: string | null; country_code: string; name: string; percent: number; region?: string | null; taxes_fee?: boolean | null; taxes_shipping?: boolean | null; valid_from?: string | null }
        Returns: string
      }
      /** For admins and the service: sets the role of a user to user, moderator, or admin. Recorded in admin_approvals (user_promotion) and admin_audit_log. Errors: 42501, 22004, 22023 for another role or an empty reason, P0002, 55000 for the caller's own role. */
      set_user_role: {
        Args: { new_role: Database["api"]["Enums"]["user_role"]; reason: string; user_id: string }
        Returns: undefined
      }
      /** For admins and the service: changes an endpoint; NULL changes nothing, an empty description removes it. is_active => false disables the endpoint; true enables it again and forgets its failures, lets this database send to it if it is a copy of another one, and skips what has waited meanwhile, which replay_webhooks() sends. Returns whether the endpoint is sent to. On record in admin_audit_log. Errors: 42501, P0002, 22023. */
      set_webhook_endpoint: {
        Args: { description?: string | null; endpoint_id: string; event_types?: string[] | null; is_active?: boolean | null; url?: string | null }
        Returns: boolean
      }
      /** For an order with due_on_delivery, by its seller if driplo.cash_on_delivery is seller, an admin or the service. collected: the seller has the money, which is set off against the seller balance, and an order that is on its way is delivered. refused: the parcel was not accepted; the order is cancelled and its items are for sale again. What a carrier collects for the platform, record_payment_event() records. Returns the outcome. Errors: 42501, 22004, 22023 for another outcome, P0002, MK013 if nothing is due or the parcel to be refused was delivered. */
      settle_cash_on_delivery: {
        Args: { order_id: string; outcome: string }
        Returns: string
      }
      /** For the seller: marks the order as shipped, creates its first parcel and a shipping event, and returns the ID of the row in order_tracking. carrier is a label of shipping_carrier. Until delivery, it can be called again to change carrier or number of that parcel; for further parcels there is add_parcel(). Errors: see transition_order(); 22023 for an unknown carrier, a tracking number that does not have 1 to 100 characters, or a tracking_url that is not a web address; 55000 if the parcel has arrived. */
      ship_order: {
        Args: { carrier: Database["api"]["Enums"]["shipping_carrier"]; order_id: string; tracking_number: string; tracking_url?: string | null }
        Returns: string
      }
      /** Returns at most max_rows (0 to 50) other listings on sale, the most similar first: of the same category and brand or color and size at half to twice the price, then of the category, then of the brand. The listing itself may be sold. price_in is in its currency. Errors: 22004, 22023, P0002 for a listing that the caller cannot see. */
      similar_listings: {
        Args: { listing_id: string; max_rows?: number | null }
        Returns: Database["api"]["CompositeTypes"]["similar_listing"][]
      }
      /** Returns at most max_rows (0 to 50) suggestions for what a user is typing: kind is word, brand, category or query, n about how many listings there are or how often it was asked. Queries are those that at least five people have asked in one of the last 30 days, in words of the listings. Below two letters brands and categories only. Errors: 22004, 22023. */
      suggest: {
        Args: { max_rows?: number | null; prefix: string }
        Returns: Database["api"]["CompositeTypes"]["suggestion"][]
      }
      /** For admins and the service: suspends a user, who can then only read and use a cart, and archives the user's active listings; orders continue. Recorded in admin_approvals (user_ban) and admin_audit_log. Errors: 42501, 22004, 22023 for an empty reason, P0002, 55000 for the caller's own account. */
      suspend_user: {
        Args: { reason: string; user_id: string }
        Returns: undefined
      }
      /** For admins and the service: returns pairs of a buyer and a seller with at least least_orders orders within the given days that may have been made for ratings or for the platform's money. reason is 'nearly nothing' for completed orders worth less than 100 of the currency's smallest units, 'each other' for users who also sell to each other, 'nobody else' for a buyer and a seller who trade only with each other, or 'coupons of the platform' for paid orders partly paid by the platform. worth is what the buyers paid and by_platform what the platform added, in major units; ratings is the number of ratings. A row is a reason to investigate, not proof. Errors: 42501, 22023. */
      suspicious_sales: {
        Args: { days?: number | null; least_orders?: number | null }
        Returns: Database["api"]["CompositeTypes"]["suspicious_sale"][]
      }
      /** For admins and the service: queues an event webhook.test for this endpoint, whatever its event types, and returns the ID of the delivery. Errors: 42501, P0002, 55000 for a disabled endpoint. */
      test_webhook_endpoint: {
        Args: { endpoint_id: string }
        Returns: string
      }
      /** Sets last_active_at of the caller's statistics to now, unless that was set within five minutes, so that a client can call it with each page. Errors: 42501 without a user, 25006 in a read-only transaction that has something to write. */
      touch_activity: {
        Args: Record<string, never>
        Returns: undefined
      }
      /** Records that the caller looks at a listing; count_views() adds it to view_count. The viewer is the user, else the session, else the address and browser, and is stored as a hash that changes each day. Views of a viewer within 30 minutes are one. Not recorded are views by the seller, by bots that say so, and of listings that others cannot see. The service names whom it acts for by p_viewer_id. It writes, so clients send a POST. Errors: 22004, 42501 for a viewer other than the caller, 25006 in a read-only transaction. */
      track_listing_view: {
        Args: { p_ip_address?: string | null; p_listing_id: string; p_session_id?: string | null; p_viewer_id?: string | null }
        Returns: undefined
      }
      /** Changes the status of an order as its buyer, its seller, an admin, or the service, and returns the new status; reason and metadata are added to the history. A cancellation returns stock, coupon, and store credit and also ends orders of the same checkout that lose their discount. Errors: 22004, 22023 for an unknown status, P0002 for an order that is not the caller's, MK005 for a change that is not allowed, with the allowed ones, and for goods whose payment is being refunded, MK013 to cancel or refund while the buyer's bank disputes the payment. */
      transition_order: {
        Args: { metadata?: Json | null; order_id: string; reason?: string | null; to_status: Database["api"]["Enums"]["order_status"] }
        Returns: Database["api"]["Enums"]["order_status"]
      }
      /** Removes the caller's block of a user and returns whether there was one. Follows and archived conversations stay as they are. Errors: 42501 without a user, 22004. */
      unblock_user: {
        Args: { user_id: string }
        Returns: boolean
      }
      /** Ends a follow of the caller. Returns false if there was none. Errors: 42501 without a user, 22004. */
      unfollow: {
        Args: { user_id: string }
        Returns: boolean
      }
      /** How much the caller has not read, as {"notifications", "messages", "offers", "unseen"}, each counted up to 100: unread notifications, unread messages of conversations that are not archived, unread notifications about offers, and unread notifications since mark_notifications_seen(). Errors: 42501 without a user. */
      unread_counts: {
        Args: Record<string, never>
        Returns: Json
      }
      /** Removes a device of the caller and returns whether it was registered. Errors: 42501 without a user, 22004. */
      unregister_push_token: {
        Args: { token: string }
        Returns: boolean
      }
      /** Turns off the e-mails of the type that a token of claim_deliveries() stands for, without a sign-in, and returns the type; digest is all that digests contain. NULL for an invalid token, which changes nothing. Can be repeated. */
      unsubscribe: {
        Args: { token: string }
        Returns: string
      }
      /** Marks a step of the caller's onboarding as completed in profile_setup_progress, and sets onboarding_step of the profile to the number of completed steps. Errors: 42501 without a user, 23502 for NULL, 54000 for a name of more than 100 bytes. */
      update_onboarding_step: {
        Args: { step_name: string }
        Returns: undefined
      }
      /** Changes the status of an order as transition_order() does, which acts for the caller. Errors: 42501 for a user other than the caller, unless the service names one, and those of transition_order(). */
      update_order_status: {
        Args: { p_metadata?: Json | null; p_new_status: string; p_order_id: string; p_reason?: string | null; p_user_id?: string | null }
        Returns: undefined
      }
      /** For the seller: corrects a parcel that has not arrived; NULL leaves a value unchanged, and an empty array of items stands for all that no other parcel names. With another carrier or tracking number, the tracking_url is replaced, also by NULL. The old values are kept in shipping_events and in the history of the order. Errors: as add_parcel(); P0002 for an unknown parcel, 55000 if it has arrived. */
      update_parcel: {
        Args: { carrier?: Database["api"]["Enums"]["shipping_carrier"] | null; items?: Json | null; order_id: string; parcel_number: number; tracking_number?: string | null; tracking_url?: string | null }
        Returns: undefined
      }
      /** Returns whether the caller can use the coupon for the current cart, and its discount in major units, or NULL for several currencies; several codes are separated by commas. reason is NULL or unknown, expired, not_started, used_up, used_by_you, minimum_not_met, not_for_you, new_users_only, account_too_young, no_matching_items, cannot_be_combined. Errors: 42501 without a user, 22004. */
      validate_coupon: {
        Args: { coupon_code: string }
        Returns: Database["api"]["CompositeTypes"]["coupon_check"][]
      }
      /** Returns a code that the caller puts into the public profile text of the account on that platform, within a day; the service then calls confirm_social_account(). The same code is returned while it is valid. Errors: 42501, P0002 without such an account, 55000 if it is verified. */
      verify_social_account: {
        Args: { platform: string }
        Returns: Database["api"]["CompositeTypes"]["social_account_code"][]
      }
      /** The event types that webhooks tell of. Beside them there is webhook.test, which test_webhook_endpoint() sends. */
      webhook_event_types: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["webhook_event_type"][]
      }
      /** For admins and the service: each endpoint without its secrets, whether this database sends to it (is_active and is_confirmed), since when it fails and the last answer or error, until when it is to be left alone, until when two secrets sign, how many deliveries wait, and since when. Errors: 42501. */
      webhook_status: {
        Args: Record<string, never>
        Returns: Database["api"]["CompositeTypes"]["webhook_endpoint_state"][]
      }
      /** Withdraws a pending offer of the caller. Errors: 22004, 42501 if the caller may not trade, MK018 if the offer is not pending or the other side's, P0002 if it is not the caller's. */
      withdraw_offer: {
        Args: { offer_id: string }
        Returns: undefined
      }
    }
    Enums: {
      achievement_type: "first_sale" | "power_seller" | "top_rated" | "verified_seller" | "social_butterfly" | "quick_shipper" | "loyal_customer" | "trendsetter"
      discount_type: "percentage" | "fixed_amount" | "free_shipping" | "buy_x_get_y"
      dispute_status: "open" | "awaiting_seller_response" | "awaiting_buyer_response" | "under_review" | "escalated" | "resolved" | "closed" | "cancelled"
      dispute_type: "item_not_received" | "item_not_as_described" | "damaged_item" | "counterfeit_item" | "unauthorized_transaction" | "seller_not_responding" | "buyer_not_responding" | "payment_issue" | "other"
      ledger_account: "processor_clearing" | "seller_pending" | "seller_available" | "payouts_in_transit" | "seller_paid_out" | "platform_fees" | "store_credit" | "promotions" | "taxes" | "refunds" | "disputes" | "gift_cards" | "breakage" | "processor_fees" | "cash_on_delivery" | "part_payments"
      notification_channel: "in_app" | "email" | "push"
      notification_type: "order_placed" | "order_paid" | "order_shipped" | "order_delivered" | "order_cancelled" | "new_message" | "new_rating" | "new_follower" | "listing_favorited" | "listing_sold" | "price_drop" | "return_requested" | "payment_received" | "achievement_earned" | "promotion_alert" | "offer_received" | "offer_answered" | "saved_search_match" | "dispute_updated" | "report_decided" | "brand_decided" | "payout_sent" | "webhook_disabled" | "data_export_ready"
      order_status: "pending_payment" | "payment_processing" | "payment_failed" | "paid" | "preparing" | "shipped" | "in_transit" | "delivered" | "completed" | "cancelled" | "refunded"
      payment_method_type: "card" | "bank" | "paypal" | "stripe_link" | "apple_pay" | "google_pay"
      payment_status: "pending" | "processing" | "requires_action" | "succeeded" | "failed" | "cancelled" | "refunded" | "partially_refunded"
      promotion_target: "all_items" | "category" | "seller" | "specific_items"
      rating_type: "seller" | "buyer"
      resolution_type: "full_refund" | "partial_refund" | "replacement" | "return_and_refund" | "keep_item_partial_refund" | "no_action" | "cancelled_by_buyer" | "cancelled_by_seller"
      return_reason: "defective" | "not_as_described" | "wrong_item" | "doesnt_fit" | "changed_mind" | "damaged_in_shipping" | "missing_parts" | "quality_issue" | "other"
      return_status: "requested" | "approved" | "rejected" | "shipped_back" | "received" | "inspecting" | "refunded" | "replaced" | "closed"
      shipping_carrier: "ups" | "fedex" | "usps" | "dhl" | "local" | "other"
      tracking_status: "label_created" | "picked_up" | "in_transit" | "out_for_delivery" | "delivered" | "delivery_failed" | "returned_to_sender"
      user_role: "user" | "admin" | "moderator"
    }
    CompositeTypes: {
      account_rate_limit: {
        action: string
        enabled: boolean
        is_changed: boolean
        most: number
        window_seconds: number
      }
      balance: {
        available: number
        currency: string
        paid_out: number
        pending: number
      }
      cart_line: {
        available: number | null
        currency: string | null
        item_id: string
        line_total: number | null
        list_price: number | null
        listing_id: string
        offer_ends_at: string | null
        offer_id: string | null
        problem: string | null
        quantity: number
        seller_id: string | null
        title: string | null
        unit_price: number | null
        variant_id: string | null
      }
      coupon_check: {
        discount_amount: number | null
        reason: string | null
        valid: boolean
      }
      data_export_piece: {
        bytes: number
        ordinal: number
        part: string
        rows: number
      }
      data_export_state: {
        expires_at: string | null
        finished_at: string | null
        id: string
        requested_at: string
        status: string
      }
      decision_about_me: {
        appeal_until: string | null
        appealed_at: string | null
        decided_at: string
        decision: string
        decision_id: string
        is_automatic: boolean
        legal_ground: string | null
        reasons: string
        stands: boolean
        suspended_until: string | null
        target_id: string | null
        target_type: string
        title: string | null
      }
      feed_hit: {
        brand: string | null
        color: string | null
        condition: string | null
        currency: string
        favorite_count: number
        highlighted: string | null
        image_url: string | null
        is_favorite: boolean
        listing_id: string
        next_cursor: string | null
        price: number
        price_in: number | null
        published_at: string | null
        score: number
        seller_id: string
        seller_username: string
        size: string | null
        title: string
      }
      followed_user: {
        avatar_url: string | null
        followed_at: string
        full_name: string | null
        id: string
        is_followed: boolean
        is_verified: boolean
        next_cursor: string | null
        username: string
      }
      follower: {
        avatar_url: string | null
        followed_at: string
        full_name: string | null
        id: string
        is_followed: boolean
        is_verified: boolean
        next_cursor: string | null
        username: string
      }
      found_coupon: {
        buy_quantity: number | null
        can_stack: boolean | null
        category_ids: string[] | null
        code: string
        currency: string | null
        description: string | null
        discount_type: Database["api"]["Enums"]["discount_type"]
        discount_value: number | null
        excluded_listing_ids: string[] | null
        get_category_ids: string[] | null
        get_listing_ids: string[] | null
        get_quantity: number | null
        id: string
        listing_ids: string[] | null
        maximum_discount: number | null
        minimum_account_age_days: number | null
        minimum_purchase: number | null
        name: string | null
        new_users_only: boolean | null
        seller_id: string | null
        target_type: Database["api"]["Enums"]["promotion_target"] | null
        valid_from: string | null
        valid_until: string | null
      }
      get_brand_sales_stats_row: {
        avg_order_value: number | null
        total_orders: number | null
        total_revenue: number | null
        total_sales: number | null
      }
      get_categories_with_counts_row: {
        category_data: Json | null
        product_count: number | null
      }
      get_category_listings_row: {
        listing_data: Json | null
        total_count: number | null
      }
      get_conversation_messages_secure_row: {
        content: string | null
        conversation_id: string | null
        created_at: string | null
        id: string | null
        read: boolean | null
        receiver_id: string | null
        sender_id: string | null
        sender_profile: Json | null
      }
      get_homepage_listings_row: {
        listing_data: Json | null
      }
      get_listings_with_favorites_row: {
        is_favorited: boolean | null
        listing_data: Json | null
      }
      get_payout_statistics_row: {
        completed_amount: number | null
        completed_count: number | null
        failed_amount: number | null
        failed_count: number | null
        pending_amount: number | null
        pending_count: number | null
        processing_amount: number | null
        processing_count: number | null
        total_amount: number | null
        total_payouts: number | null
      }
      get_profile_listings_with_stats_row: {
        listings: Json[] | null
        total_likes: number | null
        total_listings: number | null
        total_sales: number | null
      }
      get_seller_stats_row: {
        avg_rating: number | null
        new_this_month: number | null
        total_listings: number | null
        total_sellers: number | null
        verified_sellers: number | null
      }
      get_top_brands_row: {
        avatar_url: string | null
        badges: string[] | null
        brand_logo_url: string | null
        brand_name: string | null
        brand_slug: string | null
        followers_count: number | null
        id: string | null
        is_verified: boolean | null
        listings_count: number | null
        seller_rating: number | null
        seller_rating_count: number | null
        total_sales: number | null
        username: string | null
      }
      get_top_category_sellers_row: {
        avatar_url: string | null
        category_rating: number | null
        category_reviews: number | null
        category_sales: number | null
        created_at: string | null
        full_name: string | null
        id: string | null
        username: string | null
      }
      get_top_sellers_row: {
        account_type: string | null
        avatar_url: string | null
        average_rating: number | null
        full_name: string | null
        id: string | null
        is_verified: boolean | null
        items_sold: number | null
        rating_count: number | null
        total_revenue: number | null
        total_sales: number | null
        username: string | null
      }
      get_unverified_users_for_admin_row: {
        created_at: string | null
        email: string | null
        full_name: string | null
        id: string | null
        username: string | null
      }
      get_user_conversations_secure_row: {
        id: string | null
        last_message_at: string | null
        last_message_content: string | null
        other_participant: Json | null
        participant_one_id: string | null
        participant_two_id: string | null
        status: string | null
        unread_count_p1: number | null
        unread_count_p2: number | null
        updated_at: string | null
      }
      get_user_favorites_with_listings_row: {
        created_at: string | null
        favorite_id: string | null
        listing_data: Json | null
      }
      get_user_stats_row: {
        avg_rating: number | null
        total_listings: number | null
        total_reviews: number | null
        total_sales: number | null
      }
      get_virtual_category_counts_row: {
        product_count: number | null
        virtual_type: string | null
      }
      health_row: {
        advice: string | null
        limit_value: number | null
        metric: string | null
        ok: boolean | null
        unit: string | null
        value: number | null
      }
      job_state: {
        enabled: boolean
        every: string
        failures: number
        job: string
        lag: string | null
        last_error: string | null
        last_outcome: string | null
        last_run: string | null
        next_run: string | null
      }
      merged_item: {
        item_id: string | null
        listing_id: string
        problem: string | null
        quantity: number
        requested: number
        variant_id: string | null
      }
      my_blocks_row: {
        avatar_url: string | null
        created_at: string | null
        full_name: string | null
        user_id: string | null
        username: string | null
      }
      my_sessions_row: {
        created_at: string | null
        expires_at: string | null
        id: string | null
        ip_address: string | null
        last_used_at: string | null
        remember_me: boolean | null
        user_agent: string | null
      }
      new_webhook_endpoint: {
        id: string
        secret: string
      }
      notification_choice: {
        channel: Database["api"]["Enums"]["notification_channel"]
        enabled: boolean
        is_default: boolean
        may_change: boolean
        type: Database["api"]["Enums"]["notification_type"]
      }
      order_parcels_row: {
        carrier: string | null
        items: Json | null
        last_update: string | null
        parcel_number: number | null
        sent_at: string | null
        status: string | null
        tracking_number: string | null
        tracking_url: string | null
      }
      own_gift_card: {
        amount: number
        bought_at: string | null
        currency: string
        expires_at: string | null
        id: string
        last4: string
        redeemed_at: string | null
        status: string
      }
      own_notification: {
        action_url: string | null
        actors: Json
        count: number
        created_at: string
        id: string
        is_read: boolean
        message: string
        related_listing_id: string | null
        related_order_id: string | null
        related_user_id: string | null
        title: string
        type: Database["api"]["Enums"]["notification_type"]
      }
      own_notification_settings: {
        digest: string
        locale: string | null
        marketing: boolean
        quiet_from: string | null
        quiet_to: string | null
        timezone: string
      }
      own_offer: {
        amount: number
        checkout_until: string | null
        conversation_id: string | null
        created_at: string
        currency: string
        expires_at: string
        id: string
        is_my_turn: boolean
        list_price: number | null
        listing_id: string | null
        made_by: string
        message: string | null
        my_role: string
        order_item_id: string | null
        other_id: string
        parent_id: string | null
        quantity: number
        round: number
        status: string
        title: string | null
        variant_id: string | null
      }
      own_profile: {
        account_status: string | null
        account_type: string | null
        avatar_seed: string | null
        avatar_style: string | null
        avatar_url: string | null
        avatar_urls: Json | null
        badges: string[] | null
        bio: string | null
        brand_description: string | null
        brand_logo_url: string | null
        brand_name: string | null
        brand_size: string | null
        cover_url: string | null
        cover_urls: Json | null
        created_at: string | null
        custom_avatar_url: string | null
        date_of_birth: string | null
        deleted_at: string | null
        email: string | null
        email_verified: boolean | null
        follower_count: number | null
        following_count: number | null
        full_name: string | null
        gender: string | null
        id: string
        is_admin: boolean | null
        is_seller: boolean | null
        is_verified: boolean | null
        language_preference: string | null
        listings_count: number | null
        location: Json | null
        metadata: Json | null
        needs_username_setup: boolean | null
        onboarding_completed: boolean | null
        onboarding_step: number | null
        phone: string | null
        preferences: Json | null
        privacy_settings: Json | null
        role: string | null
        seller_rating: number | null
        seller_rating_count: number | null
        settings: Json | null
        setup_completed: boolean | null
        setup_completed_at: string | null
        setup_started_at: string | null
        social_links: Json | null
        stripe_account_id: string | null
        stripe_customer_id: string | null
        suspended_at: string | null
        suspended_until: string | null
        total_purchases: number | null
        total_sales: number | null
        updated_at: string | null
        username: string
        website: string | null
      }
      own_report: {
        appeal_until: string | null
        appealed_at: string | null
        category: string
        created_at: string
        decided_at: string | null
        decision: string | null
        decision_id: string | null
        details: string | null
        legal_ground: string | null
        reasons: string | null
        report_id: string
        report_number: string
        status: string
        target_id: string | null
        target_type: string
      }
      own_saved_search: {
        created_at: string
        filters: Json
        id: string
        name: string
        notify: string
        problem: string | null
        query: string
        told_at: string | null
        waiting: number
      }
      placed_order: {
        currency: string
        order_id: string
        order_number: string
        seller_id: string
        total_amount: number
      }
      public_profile: {
        account_type: string | null
        active_listings: number | null
        avatar_url: string | null
        badges: string[] | null
        bio: string | null
        brand_description: string | null
        brand_logo_url: string | null
        brand_name: string | null
        buyer_rating: number | null
        buyer_rating_count: number | null
        cover_url: string | null
        follower_count: number | null
        following_count: number | null
        full_name: string | null
        id: string
        is_seller: boolean | null
        is_verified: boolean | null
        member_since: string | null
        seller_rating: number | null
        seller_rating_count: number | null
        total_sales: number | null
        username: string
      }
      redeemed_gift_card: {
        amount: number | null
        currency: string | null
        expires_at: string | null
        problem: string | null
        store_credit_id: string | null
      }
      refund_order_row: {
        order_item_id: string | null
        quantity: number | null
        refund_id: string | null
        refunded_amount: number | null
        status: string | null
      }
      report_to_review: {
        appeals: Json | null
        category: string
        claimed_by: string | null
        claimed_until: string | null
        created_at: string
        decision: string | null
        details: string | null
        evidence: Json
        open_reports: number
        priority: number
        report_id: string
        report_number: string
        reporter_id: string | null
        snapshot: Json
        state: string
        target_id: string | null
        target_owner: string | null
        target_type: string
      }
      search_hit: {
        brand: string | null
        color: string | null
        condition: string | null
        currency: string
        favorite_count: number
        highlighted: string | null
        image_url: string | null
        is_favorite: boolean
        listing_id: string
        next_cursor: string | null
        price: number
        price_in: number | null
        published_at: string | null
        score: number
        seller_id: string
        seller_username: string
        size: string | null
        title: string
      }
      search_listings_row: {
        listing_data: Json | null
      }
      search_products_fast_row: {
        brand: string | null
        category_name: string | null
        condition: string | null
        first_image_url: string | null
        id: string | null
        price: number | null
        relevance_rank: number | null
        seller_id: string | null
        size: string | null
        title: string | null
      }
      seller_debt: {
        currency: string | null
        owed: number | null
        pending: number | null
        seller_id: string | null
        since: string | null
      }
      seller_offer_terms: {
        bundle_tiers: Json
        enabled: boolean
        min_percent: number
      }
      similar_listing: {
        brand: string | null
        color: string | null
        condition: string | null
        currency: string
        favorite_count: number
        id: string
        image_url: string | null
        is_favorite: boolean
        price: number
        price_in: number | null
        published_at: string | null
        score: number
        seller_id: string
        seller_username: string
        size: string | null
        title: string
      }
      social_account_code: {
        code: string
        valid_until: string
      }
      state_of_report: {
        category: string
        created_at: string
        decided_at: string | null
        decision: string | null
        legal_ground: string | null
        reasons: string | null
        report_number: string
        status: string
        target_type: string
      }
      suggestion: {
        kind: string
        n: number | null
        value: string
      }
      suspicious_sale: {
        buyer_id: string | null
        by_platform: number | null
        currency: string | null
        last_order: string | null
        orders: number | null
        ratings: number | null
        reason: string | null
        seller_id: string | null
        worth: number | null
      }
      timeline_step: {
        actor: string | null
        at: string
        from_status: Database["api"]["Enums"]["order_status"] | null
        reason: string | null
        to_status: Database["api"]["Enums"]["order_status"]
      }
      webhook_endpoint_state: {
        created_at: string
        description: string | null
        disabled_reason: string | null
        event_types: string[]
        failing_since: string | null
        id: string
        is_active: boolean
        is_confirmed: boolean
        last_failure: string | null
        oldest_waiting: string | null
        paused_until: string | null
        previous_until: string | null
        url: string
        waiting: number
      }
      webhook_event_type: {
        description: string
        event_type: string
      }
    }
  }
}

type Schema = Database["api"]
/** A row as it is read. */
export type Row<Name extends keyof Schema["Tables"]> = Schema["Tables"][Name]["Row"]
/** What an INSERT may name. */
export type Insert<Name extends keyof Schema["Tables"]> = Schema["Tables"][Name]["Insert"]
/** What an UPDATE may name. */
export type Update<Name extends keyof Schema["Tables"]> = Schema["Tables"][Name]["Update"]
/** The arguments of a function, by name. */
export type Args<Name extends keyof Schema["Functions"]> = Schema["Functions"][Name]["Args"]
/** What a function returns. */
export type Returns<Name extends keyof Schema["Functions"]> = Schema["Functions"][Name]["Returns"]
/** The labels of an enum. */
export type Enum<Name extends keyof Schema["Enums"]> = Schema["Enums"][Name]
