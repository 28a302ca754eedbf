"""The sandbox: stand-in vendors, a real ERP and an AWS emulator on one machine."""
