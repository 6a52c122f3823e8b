"""How pictures look: colours, lines and words. No global Matplotlib state."""

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Safe for the colour-blind: Okabe and Ito's blue and vermilion for the sides, Tol's muted set for everything else.
LEFT, RIGHT, TRUNK, TRUTH = "#0072B2", "#D55E00", "#4D4D4D", "#C9C9C9"
LINES = ("#117733", "#332288", "#AA4499", "#DDAA33", "#44AA99", "#882255", "#88CCEE", "#999933")
STYLES, MARKERS = ("-", "--", ":", "-."), "osD^"  # a second way to tell them apart
INK, PALE = "#222222", "#E6E6E6"


def png(figure: Figure) -> bytes:
    """The content of a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=160, facecolor="white")
    return file.getvalue()


def tidy(axes: Axes, title: str) -> None:
    """Give a panel its title, a pale grid and no frame."""
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)


def plain(text: str) -> str:
    """Text that Matplotlib draws as it is."""
    return text.replace("$", r"\$")  # between two of them it would draw mathematics
