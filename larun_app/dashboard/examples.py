import reflex as rx


def example_cards(limit: int | None = None) -> rx.Component:
    return rx.fragment()
