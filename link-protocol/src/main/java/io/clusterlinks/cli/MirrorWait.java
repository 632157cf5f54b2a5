// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.MirrorListing;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorSummary;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.kafka.common.protocol.Errors;

/**
 * Watches mirror topics until all have reached a goal, showing progress on stderr. One request per round, whatever the
 * number of topics.
 */
final class MirrorWait {
    private static final long POLL_MS = 200;

    /** A line that only says how much is left is written again after this time at the earliest. */
    private static final long REPEAT_MS = 1000;

    /** With more topics than this one line sums them up. */
    private static final int MAX_LINES = 5;

    private static final Set<Errors> PASSING = Set.of(
            Errors.COORDINATOR_NOT_AVAILABLE,
            Errors.COORDINATOR_LOAD_IN_PROGRESS,
            Errors.NOT_COORDINATOR,
            Errors.REQUEST_TIMED_OUT);

    /** How a wait ends. */
    enum Outcome {
        DONE,
        /** At least one topic can no longer reach the goal; it was named. */
        MISSED,
        TIMED_OUT
    }

    private final Session session;
    private final String goal;
    private final Predicate<MirrorSummary> reached;
    private final Predicate<MirrorSummary> missed;
    private final Map<String, Line> shown = new HashMap<>();
    private final Set<String> done = new TreeSet<>();
    private boolean anyMissed;

    /** What was last written of a topic: its state or count, which is always news, and the rest, which can wait. */
    private record Line(String news, String rest, long atMs) {}

    MirrorWait(Session session, String goal, Predicate<MirrorSummary> reached, Predicate<MirrorSummary> missed) {
        this.session = session;
        this.goal = goal;
        this.reached = reached;
        this.missed = missed;
    }

    Outcome await(Map<String, ? extends Collection<String>> topicsByLink, long timeoutMs) {
        long startMs = session.time().milliseconds();
        Set<String> waiting = new TreeSet<>();
        topicsByLink.values().forEach(waiting::addAll);
        int total = waiting.size();
        while (!waiting.isEmpty()) {
            Optional<Map<String, MirrorSummary>> current = poll(topicsByLink.keySet());
            current.ifPresent(mirrors -> check(mirrors, waiting, total));
            if (waiting.isEmpty()) {
                break;
            }
            if (session.time().milliseconds() - startMs >= timeoutMs) {
                return Outcome.TIMED_OUT;
            }
            session.time().sleep(POLL_MS);
        }
        return anyMissed ? Outcome.MISSED : Outcome.DONE;
    }

    /** Topics that have reached the goal. */
    Set<String> done() {
        return done;
    }

    private Optional<Map<String, MirrorSummary>> poll(Collection<String> links) {
        try {
            Map<String, MirrorSummary> mirrors = new LinkedHashMap<>();
            List<MirrorListing> listings = Session.get(session.links().listMirrors(links, session.read()));
            listings.forEach(listing -> mirrors.put(listing.topic(), listing.summary()));
            return Optional.of(mirrors);
        } catch (LinkException e) {
            if (!PASSING.contains(e.error())) {
                throw e;
            }
            session.console().progress("Waiting for the cluster: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void check(Map<String, MirrorSummary> mirrors, Set<String> waiting, int total) {
        boolean single = total <= MAX_LINES;
        for (String topic : List.copyOf(waiting)) {
            MirrorSummary mirror = mirrors.get(topic);
            if (mirror == null) {
                fail(topic, "it is no mirror topic any more", waiting);
            } else if (reached.test(mirror)) {
                waiting.remove(topic);
                done.add(topic);
                show(topic, topic + ": " + goal, "", single);
            } else if (missed.test(mirror)) {
                fail(
                        topic,
                        "it is " + mirror.state() + (mirror.reason() == null ? "" : ": " + mirror.reason()),
                        waiting);
            } else {
                show(topic, topic + ": " + mirror.state(), ", " + lag(mirror), single);
            }
        }
        if (!single) {
            String news = total - waiting.size() + " of " + total + " " + goal;
            show("", news, waiting.isEmpty() ? "" : ", " + lag(mirrors, waiting), true);
        }
    }

    private void fail(String topic, String why, Set<String> waiting) {
        waiting.remove(topic);
        anyMissed = true;
        session.console().error("Topic '" + topic + "' is not " + goal + ": " + why);
    }

    private static String lag(Map<String, MirrorSummary> mirrors, Set<String> waiting) {
        long records = waiting.stream()
                .mapToLong(topic -> Math.max(0, mirrors.get(topic).lagRecords()))
                .sum();
        long ms = waiting.stream()
                .mapToLong(topic -> mirrors.get(topic).lagMs())
                .max()
                .orElse(-1);
        return Units.lag(records, ms);
    }

    private static String lag(MirrorSummary mirror) {
        return Units.lag(mirror.lagRecords(), mirror.lagMs())
                + (mirror.reason() == null ? "" : " (" + mirror.reason() + ")");
    }

    private void show(String key, String news, String rest, boolean wanted) {
        long now = session.time().milliseconds();
        Line last = shown.get(key);
        boolean isNews = last == null || !last.news().equals(news);
        boolean isDue = last != null && !last.rest().equals(rest) && now - last.atMs() >= REPEAT_MS;
        if (wanted && (isNews || isDue)) {
            shown.put(key, new Line(news, rest, now));
            session.console().progress(news + rest);
        }
    }
}
