"""A made district: a cash-flow world, and the files that its departments and banks would send.

Nothing here knows `algorithms`: enterprises fail because their cash runs out.
"""
