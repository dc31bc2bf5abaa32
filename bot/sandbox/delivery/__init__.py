"""How payloads reach an app: Socket Mode or HTTP, acknowledgements, retries and faults."""
