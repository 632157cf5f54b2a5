// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.quickstart;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Prints the steps of a story with the time each takes, and one line of live progress that updates on a terminal. */
final class Narrator {
    private static final int PLAIN_PROGRESS_MS = 1000;

    private final PrintStream out;
    private final boolean terminal;
    private final List<String> summary = new ArrayList<>();
    private int steps;
    private long lastProgressNanos;
    private boolean progressShown;

    Narrator(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** Something of a step that failed, with the step's title. */
    static final class StepFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StepFailed(String title, Throwable cause) {
            super(title, cause);
        }
    }

    /** Runs one step. */
    <T> T step(String title, Callable<T> action) {
        steps++;
        out.println();
        out.println(bold(steps + ". " + title));
        long start = System.nanoTime();
        T result;
        try {
            result = action.call();
        } catch (Exception | AssertionError e) {
            endProgress();
            throw new StepFailed("Step " + steps + " (" + title + ")", e);
        }
        endProgress();
        String took = seconds(Duration.ofNanos(System.nanoTime() - start));
        out.println("   done in " + took);
        summary.add(String.format(Locale.ROOT, "  %2d. %-74s %8s", steps, title, took));
        return result;
    }

    synchronized void say(String line) {
        endProgress();
        out.println("   " + line);
    }

    /** A command as a user would type it. */
    synchronized void command(String command) {
        endProgress();
        out.println("   $ " + command);
    }

    void indented(String text) {
        text.lines().forEach(line -> say("  " + line));
    }

    /** Progress: rewrites one line on a terminal, otherwise prints a line every second. */
    synchronized void progress(String line) {
        if (terminal) {
            out.print("\r\u001b[K   " + line);
            out.flush();
            progressShown = true;
        } else if (System.nanoTime() - lastProgressNanos > PLAIN_PROGRESS_MS * 1_000_000L) {
            out.println("   " + line);
            lastProgressNanos = System.nanoTime();
        }
    }

    void printSummary(List<String> facts) {
        out.println();
        out.println(bold("Summary"));
        summary.forEach(out::println);
        facts.forEach(fact -> out.println("  " + fact));
    }

    private void endProgress() {
        if (progressShown) {
            out.println();
            progressShown = false;
        }
        lastProgressNanos = 0;
    }

    private String bold(String text) {
        return terminal ? "\u001b[1m" + text + "\u001b[0m" : text;
    }

    static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }

    static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
