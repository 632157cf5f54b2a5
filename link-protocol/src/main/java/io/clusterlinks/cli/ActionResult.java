// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

/**
 * What became of one command on one link or mirror topic.
 *
 * @param link the link
 * @param topic the mirror topic; null if the command is about the link
 * @param action the command, for example {@code promote}
 * @param dryRun whether nothing was changed
 * @param error why it was refused; null if it was accepted
 * @param note what to know of one that was accepted and had nothing to do; null if it had
 */
record ActionResult(String link, String topic, String action, boolean dryRun, String error, String note) {
    ActionResult(String link, String topic, String action, boolean dryRun, String error) {
        this(link, topic, action, dryRun, error, null);
    }

    String sentence() {
        String thing = thing();
        if (dryRun) {
            return "Dry run: would " + verb() + " " + thing + "; nothing was changed.";
        }
        return switch (action) {
            case "promote" -> "Promotion of " + thing + " is under way.";
            case "failover" -> "Failover of " + thing + " is under way.";
            case "adopt" ->
                "Adoption of " + thing + " is under way: it is compared with the source, read-only from now on.";
            case "create" -> "Created " + thing + ".";
            case "pause" -> "Paused " + thing + ".";
            case "resume" -> "Resumed " + thing + ".";
            case "delete" -> "Deleted " + thing + ".";
            case "alter" -> "Changed " + thing + ".";
            default -> "Done: " + action + " " + thing + ".";
        };
    }

    /** What is true once a mirror topic has stopped. */
    String doneSentence() {
        return (action.equals("promote") ? "Promoted " : "Failed over ") + thing() + ": it is writable now.";
    }

    /** The same of a mirror topic that had stopped before the command. */
    ActionResult ofStopped() {
        String note = "Nothing to do: " + thing() + " has stopped already, the topic is writable.";
        return new ActionResult(link, topic, action, dryRun, error, note);
    }

    private String thing() {
        return topic == null ? "link '" + link + "'" : "mirror topic '" + topic + "' of link '" + link + "'";
    }

    private String verb() {
        return switch (action) {
            case "failover" -> "fail over";
            case "alter" -> "change";
            default -> action;
        };
    }
}
