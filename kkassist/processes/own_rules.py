"""Our own rule ids, beside the V- rules of the process descriptions: what is wrong with a cell before a rule of a
process can look at it, and the few sums over a file that every upload shares."""

from collections.abc import Mapping

OWN_RULES: Mapping[str, str] = {
    "K-01": "A required cell or field is empty.",
    "K-02": "Excel shows an error in the cell (#N/A, #REF! …).",
    "K-03": "A formula whose result was never saved in the file.",
    "K-04": "A number with more digits than Excel keeps (15): the last ones are lost.",
    "K-05": "A CPR number whose leading zero Excel dropped; put back, so that somebody looks at it.",
    "K-06": "A value that is not in the column's list.",
    "K-07": "Neither yes nor no.",
    "K-08": "Not a number.",
    "K-09": "Not a month.",
    "K-10": "A tjenestenr. that is not digits alone.",
    "K-11": "A cost center with other signs than letters and digits.",
    "K-12": "Nothing to check: the file has no rows.",
    "K-ID-01": "Registration and account number of the wrong length.",
    "K-FR-01": "The employment began later than the first day in the city: was it uninterrupted?",
    "K-FR-02": "Dates of a leave that contradict each other.",
    "K-FR-03": "The survivors' months differ from what § 8 gives.",
    "K-RL-01": "The name in the file is not the name OPUS has.",
    "K-RL-02": "The amount looks a hundred times too big.",
    "K-RL-03": "The earning period ends before it begins.",
    "K-RL-04": "The month of payment lies before the period's end or in the past.",
    "K-RL-05": "The same person twice, with two employments, for the same pay and period.",
    "K-RL-06": "The row looks like a sum that was read as a person.",
}
