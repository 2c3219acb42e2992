"""A person's way through the site, counted: pages that were loaded, and inputs that were made."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page


@dataclass
class Walk:
    """Counts what a person does; ``pages`` are loads of a document, not swaps within one."""

    page: Page
    pages: int = 0
    inputs: int = 0

    def __post_init__(self) -> None:
        self.page.on("domcontentloaded", self._count_page)

    def _count_page(self, _: Page) -> None:
        self.pages += 1

    def click(self, what: Locator) -> None:
        self.inputs += 1
        what.click()

    def type(self, what: Locator, text: str) -> None:
        self.inputs += 1
        what.fill(text)

    def press(self, key: str) -> None:
        self.inputs += 1
        self.page.keyboard.press(key)
