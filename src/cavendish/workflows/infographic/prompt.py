"""From a brief to the words a model is given. Data stays data: it is quoted, never interpreted."""

from __future__ import annotations

from cavendish.workflows.infographic.brief import Brief

EXACTLY = "Show exactly these metrics, each with its label and its value spelled exactly as given:"
RULES = (
    "Rules: use no number, label or claim that is not listed above; no logo, no signature, "
    "no filler text; keep every text horizontal, large and with strong contrast; give each "
    "metric its own clearly separated area."
)


def compose(brief: Brief) -> str:
    """The prompt for an infographic: the exact texts first, then how it should look."""
    title = brief.title.replace('"', "'")
    lines = [f'Create a professional infographic titled "{title}".', ""]
    if brief.metrics:
        lines.append(EXACTLY)
        lines += [f"- {metric.label}: {metric.value}" for metric in brief.metrics]
        lines.append("")
    lines += [f"Style: {brief.style}", f"Colors: {brief.colors}", RULES]
    return "\n".join(lines)
