// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Producers that write to a source until they are closed, through whatever happens to it. */
final class ChaosWorkload implements AutoCloseable {
    private static final Duration END = Duration.ofSeconds(60);

    private final List<ChaosWriter> writers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private boolean closed;

    void start(ChaosWriter writer) {
        Thread thread = new Thread(writer, "workload-" + writer.name());
        thread.setDaemon(true);
        writers.add(writer);
        threads.add(thread);
        thread.start();
    }

    /** What {@code topic}'s writers have been told is written. */
    List<ChaosWriter.Written> acknowledged(String topic) {
        return writers.stream()
                .flatMap(writer -> writer.acknowledged().stream())
                .filter(written -> written.partition().topic().equals(topic))
                .toList();
    }

    /** Waits until every writer has made progress once more; one that has ended never will. */
    void awaitProgress(Duration timeout, Consumer<String> log) {
        Map<ChaosWriter, Integer> before = new java.util.HashMap<>();
        writers.forEach(writer -> before.put(writer, writer.steps()));
        for (ChaosWriter writer : writers) {
            Await.until("writer " + writer.name() + " goes on", timeout, () -> {
                assertAlive();
                return writer.steps() > before.get(writer) + 3;
            });
            log.accept("writer " + writer.name() + ": " + writer.acknowledged().size() + " records acknowledged");
        }
    }

    private void assertAlive() {
        for (int i = 0; i < writers.size(); i++) {
            if (!threads.get(i).isAlive()) {
                throw new Await.HopelessException("Writer " + writers.get(i).name() + " has ended: "
                        + writers.get(i).death());
            }
        }
    }

    /** Lets all of them end, after a check that they were alive. */
    void end() {
        assertAlive();
        close();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            writers.forEach(ChaosWriter::stop);
            threads.forEach(thread -> Await.until(thread + " ends", END, () -> !thread.isAlive()));
        }
    }
}
