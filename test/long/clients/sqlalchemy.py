from sqlalchemy.dialects.postgresql import insert

import story

Listing, Address, Order = Base.classes.listings, Base.classes.shipping_addresses, Base.classes.orders


def sign_up(name):
    with acting_as("service_role") as db:
        return str(db.execute(text("INSERT INTO auth.users (email) VALUES (:email) RETURNING id"),
                              {"email": f"{name}@{story.client}.example"}).scalar())


ada, ben = sign_up("ada"), sign_up("ben")
with acting_as("authenticated", ada) as db:
    listing = Listing(seller_id=ada, **story.listing)
    db.add(listing)
    db.flush()
    db.refresh(listing)
    print("inserted", listing.title, listing.price, listing.currency, listing.view_count)
with acting_as("authenticated", ada) as db:
    db.get(Listing, listing.id).title = "Denim jacket, size S"
    db.flush()
    row = dict(db.execute(Listing.__table__.select().where(Listing.id == listing.id)).mappings().one())
    print("saved", row["title"])
    changed = row | {"title": "Denim jacket, size M"}
    print("updated", db.execute(Listing.__table__.update().where(Listing.id == listing.id).values(changed).returning(Listing.title)).scalar())
    changed = row | {"title": "Denim jacket, size L"}
    print("upserted", db.execute(insert(Listing).values(changed)
                                 .on_conflict_do_update(index_elements=["id"], set_=changed).returning(Listing.title)).scalar())
with acting_as("authenticated", ben) as db:
    db.execute(text("SELECT add_to_cart(listing_id => :id)"), {"id": listing.id})
    address = Address(user_id=ben, **story.address)
    db.add(address)
    db.flush()
    orders = db.execute(text("SELECT * FROM checkout(shipping_address_id => :address, idempotency_key => :key)"),
                        {"address": address.id, "key": listing.id}).all()
with acting_as("service_role") as db:
    db.execute(text("SELECT start_payment(CAST(:orders AS uuid[]), 'stripe', :payment)"),
               {"orders": [str(order.order_id) for order in orders], "payment": story.payment})
    print(db.execute(text("SELECT outcome FROM record_stripe_event(:event)"), {"event": json.dumps(story.paid)}).scalar())
with acting_as("authenticated", ben) as db:
    order = db.get(Order, str(orders[0].order_id))
    items = order.order_items_collection
    print(order.status, order.total_amount, len(items), items[0].title, items[0].quantity)
try:
    with acting_as("authenticated", ada) as db:
        db.get(Listing, listing.id).view_count = 99
except exc.DBAPIError as error:
    print(error.orig.pgcode, error.orig.diag.message_primary, error.orig.diag.message_hint)
