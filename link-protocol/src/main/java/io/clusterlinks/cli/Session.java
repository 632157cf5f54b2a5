// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.ClusterLinkAdmin;
import io.clusterlinks.client.ReadOptions;
import io.clusterlinks.client.WriteOptions;
import io.clusterlinks.protocol.LinkException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.utils.Time;

/** What a command works with while it runs: a cluster that answered, and where to write. */
final class Session implements AutoCloseable {
    /** Long enough for a broker to find out at which step a source fails. */
    static final int TIMEOUT_MS = 20_000;

    private static final int READ_TIMEOUT_MS = 9_000;

    private final Admin admin;
    private final ClusterLinkAdmin links;
    private final Console console;
    private final Time time;

    Session(Admin admin, Console console, Time time) {
        this.admin = admin;
        this.links = ClusterLinkAdmin.over(admin);
        this.console = console;
        this.time = time;
    }

    ClusterLinkAdmin links() {
        return links;
    }

    Console console() {
        return console;
    }

    Time time() {
        return time;
    }

    ReadOptions read() {
        return new ReadOptions(READ_TIMEOUT_MS);
    }

    WriteOptions write(boolean dryRun) {
        return new WriteOptions(TIMEOUT_MS, dryRun);
    }

    /** Waits for a result. @throws LinkException if it failed */
    static <T> T get(KafkaFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw LinkException.unavailable("Interrupted.");
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(1));
    }
}
