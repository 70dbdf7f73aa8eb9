"""The HTTP interface; routes call services and shape what they return."""
