"""Azure's management services: sign-in, what stands in a subscription, orders and import jobs."""
