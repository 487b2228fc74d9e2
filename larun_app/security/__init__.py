"""Who may do what: sessions, guarded events, allowed origins, response headers, limits."""
