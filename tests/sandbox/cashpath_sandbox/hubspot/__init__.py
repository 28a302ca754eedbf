"""A stand-in HubSpot portal: see `portal.HubSpot`."""

from cashpath_sandbox.hubspot.portal import HubSpot

__all__ = ["HubSpot"]
