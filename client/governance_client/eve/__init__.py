"""The reference core: Suricata's EVE alerts become proposals."""
