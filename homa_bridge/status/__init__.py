"""Tells whether the service and its tables are well."""
