# What the programs of the story have in common.
import os

client = os.environ["CLIENT"]
listing = {"title": "Denim jacket", "description": "Worn twice.", "price": 45, "status": "active"}
address = {"name": "Ben Roth", "address_line1": "Hafenstr. 7", "city": "Hamburg", "state_province": "Hamburg", "postal_code": "20459",
           "country_code": "DE"}
payment = "pi_" + client
paid = {"id": "evt_" + client, "type": "payment_intent.succeeded", "created": 1700000000, "livemode": True,
        "data": {"object": {"id": payment, "amount": 4500, "amount_received": 4500, "currency": "usd"}}}
