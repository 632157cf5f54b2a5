// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;

/**
 * Checks the way to a source step by step. Kafka's clients retry most of what can go wrong here until they time out, and
 * then say only that: so name resolution, connection and first bytes are tried by hand, and the client comes last.
 */
final class SourceCheck {
    private final String link;
    private final LinkConfig config;
    private final Supplier<Admin> admin;
    private final String securityProtocol;

    SourceCheck(String link, LinkConfig config, Supplier<Admin> admin) {
        this.link = link;
        this.config = config;
        this.admin = admin;
        this.securityProtocol = String.valueOf(config.originals()
                .getOrDefault(
                        CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, CommonClientConfigs.DEFAULT_SECURITY_PROTOCOL));
    }

    /** Cluster id of the source; throws a LinkException that names the step that failed. */
    String run(Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        List<String> servers = config.getList(LinkConfig.BOOTSTRAP_SERVERS);
        List<CompletableFuture<Void>> probes = new ArrayList<>();
        for (String server : servers) {
            probes.add(probe(server, timeout.dividedBy(4)));
        }
        // Connection, first bytes and a look for TLS take a quarter, a quarter and an eighth at most.
        requireOne(probes, timeout.dividedBy(4).multipliedBy(3));
        Duration left = Duration.ofNanos(deadlineNs - System.nanoTime());
        // A share is kept for finding out why, should the client fail.
        Duration mine = left.minus(timeout.dividedBy(8));
        try {
            return admin.get()
                    .describeCluster(new DescribeClusterOptions().timeoutMs((int) mine.toMillis()))
                    .clusterId()
                    .get(mine.toMillis() + 100, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw SourceErrors.classify(link, "check", null, e);
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            throw explain(e, servers.get(0), Duration.ofNanos(deadlineNs - System.nanoTime()));
        }
    }

    /** Succeeds if one server can be spoken to; else throws what is wrong with the first. */
    private void requireOne(List<CompletableFuture<Void>> probes, Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        LinkException failure = null;
        for (CompletableFuture<Void> probe : probes) {
            try {
                probe.get(Math.max(1, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
                return;
            } catch (ExecutionException e) {
                failure = failure != null ? failure : SourceErrors.classify(link, "connection", null, e);
            } catch (TimeoutException e) {
                failure = failure != null
                        ? failure
                        : new LinkException(
                                Errors.REQUEST_TIMED_OUT,
                                "Source of link " + link + ": name resolution of "
                                        + config.getList(LinkConfig.BOOTSTRAP_SERVERS)
                                                .get(0)
                                        + " timed out; check DNS on this broker.");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw SourceErrors.classify(link, "check", null, e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private CompletableFuture<Void> probe(String server, Duration timeout) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        // Name resolution cannot be given a timeout, so it gets a thread that may be left behind.
        Thread thread = new Thread(
                () -> {
                    try {
                        connect(server, (int) timeout.toMillis());
                        done.complete(null);
                    } catch (RuntimeException e) {
                        done.completeExceptionally(e);
                    }
                },
                "cluster-link-" + link + "-probe");
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    private void connect(String server, int timeoutMs) {
        String host = Utils.getHost(server);
        Integer port = Utils.getPort(server);
        if (host == null || port == null || port < 1 || port > 65_535) {
            throw LinkException.invalidConfig(
                    "Source of link " + link + ": '" + server + "' in bootstrap.servers is not host:port.");
        }
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new LinkException(
                    Errors.NETWORK_EXCEPTION,
                    "Source of link " + link + ": DNS does not know host '" + host
                            + "'; check bootstrap.servers and the resolver of this broker.",
                    e);
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), timeoutMs);
        } catch (SocketTimeoutException e) {
            throw new LinkException(
                    Errors.NETWORK_EXCEPTION,
                    "Source of link " + link + ": TCP connection to " + server + " timed out after " + timeoutMs
                            + " ms; check bootstrap.servers, routes and firewalls.",
                    e);
        } catch (java.net.ConnectException e) {
            throw new LinkException(
                    Errors.NETWORK_EXCEPTION,
                    "Source of link " + link + ": TCP connection to " + server
                            + " was refused; check bootstrap.servers and that the broker listens.",
                    e);
        } catch (java.io.IOException e) {
            throw new LinkException(
                    Errors.NETWORK_EXCEPTION,
                    "Source of link " + link + ": TCP connection to " + server + " failed (" + SourceErrors.line(e)
                            + "); check bootstrap.servers, routes and firewalls.",
                    e);
        }
        if (!usesTls()) {
            WireProbe.Answer answer = WireProbe.plaintext(host, port, timeoutMs);
            boolean fits =
                    answer.kind() == WireProbe.Kind.KAFKA || (answer.kind() == WireProbe.Kind.KAFKA_SASL && usesSasl());
            if (!fits) {
                throw notPlaintextKafka(server, WireProbe.refine(answer, host, port, timeoutMs / 2));
            }
        }
    }

    private boolean usesSasl() {
        return securityProtocol.startsWith("SASL");
    }

    private boolean usesTls() {
        return securityProtocol.endsWith("SSL");
    }

    private LinkException notPlaintextKafka(String server, WireProbe.Answer answer) {
        String where = "Source of link " + link + ": " + server;
        String what =
                switch (answer.kind()) {
                    case TLS ->
                        " expects TLS, but security.protocol is " + securityProtocol
                                + "; set security.protocol to SSL or SASL_SSL.";
                    case KAFKA_SASL ->
                        " requires SASL, but security.protocol is " + securityProtocol
                                + "; set security.protocol to SASL_PLAINTEXT or SASL_SSL, and sasl.*.";
                    case CONTROLLER -> " is a KRaft controller; name brokers in bootstrap.servers.";
                    case SILENT ->
                        " accepts connections but does not answer Kafka's protocol; it is not a Kafka broker, or it"
                                + " hangs: check bootstrap.servers.";
                    case CLOSED ->
                        " closes connections instead of answering Kafka's protocol; it is not a Kafka broker, or"
                                + " refuses this client: check bootstrap.servers.";
                    default ->
                        " is not a Kafka broker: it answered " + answer.detail()
                                + "; check the port in bootstrap.servers.";
                };
        return new LinkException(Errors.NETWORK_EXCEPTION, where + what);
    }

    private LinkException explain(Exception failure, String server, Duration left) {
        Throwable cause = SourceErrors.unwrap(failure);
        if (cause instanceof LinkException known) {
            return known;
        }
        if (cause instanceof AuthorizationException) {
            return SourceErrors.classify(link, "describing the cluster", server, failure);
        }
        int timeoutMs = (int) Math.max(200, Math.min(1000, left.toMillis()));
        if (usesTls()) {
            WireProbe.Answer answer = WireProbe.plaintext(Utils.getHost(server), Utils.getPort(server), timeoutMs);
            if (answer.kind() == WireProbe.Kind.KAFKA || answer.kind() == WireProbe.Kind.KAFKA_SASL) {
                return new LinkException(
                        Errors.SECURITY_DISABLED,
                        "Source of link " + link + ": " + server + " does not use TLS, but security.protocol is "
                                + securityProtocol + "; set security.protocol to PLAINTEXT or SASL_PLAINTEXT.",
                        failure);
            }
            if (answer.kind() == WireProbe.Kind.OTHER) {
                return notPlaintextKafka(server, answer);
            }
        }
        if (cause instanceof AuthenticationException) {
            return SourceErrors.classify(link, "connection", server, failure);
        }
        boolean timedOut =
                cause instanceof TimeoutException || cause instanceof org.apache.kafka.common.errors.TimeoutException;
        if (timedOut && !usesSasl()) {
            return new LinkException(
                    Errors.REQUEST_TIMED_OUT,
                    "Source of link " + link + ": " + server + " speaks Kafka's protocol but did not describe its"
                            + " cluster in time; if its listener requires SASL, set security.protocol and sasl.*, else"
                            + " check that its advertised listeners are reachable from here.",
                    failure);
        }
        return SourceErrors.classify(link, "describing the cluster", server, failure);
    }
}
