"""The web gateway, a host: aiohttp owns HTTP and WebSocket, and a codec speaks inside each WebSocket."""
