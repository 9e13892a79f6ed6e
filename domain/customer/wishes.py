"""Which goods meet a wish, as they arrive or are sold."""

from typing import Protocol


class Goods(Protocol):
    """A wish, or goods: a label, an item (SKU), a size, as far as they are named."""

    @property
    def label(self) -> str | None: ...
    @property
    def sku(self) -> str | None: ...
    @property
    def size(self) -> str | None: ...


def meets_wish(wish: Goods, goods: Goods) -> bool:
    """Whether goods are what a wish names, upper and lower case alike.

    The item that is wished for meets it unless its size is said to be another one: whoever reports it need
    not repeat the label. Where no item is wished for, label and size must be as wished. A wish that names
    nothing but a note is met by nothing.
    """
    if wish.sku is not None:
        other_size = wish.size is not None and goods.size is not None and not same(wish.size, goods.size)
        return same(wish.sku, goods.sku) and not other_size
    asked = [
        (wanted, given) for wanted, given in ((wish.label, goods.label), (wish.size, goods.size)) if wanted
    ]
    return bool(asked) and all(same(wanted, given) for wanted, given in asked)


def same(one: str | None, other: str | None) -> bool:
    """Whether two codes are the same name, however they are written."""
    return one is not None and other is not None and folded(one) == folded(other)


def folded(code: str) -> str:
    """A code as it is compared: in one case, without space around it."""
    return code.strip().casefold()
