// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * What a broker has done since it started: processor time, in all and by thread, and requests by kind. Two of them tell
 * what it does while nothing happens.
 */
record BrokerLoad(long atNs, long cpuMs, Map<String, Long> threadsNs, Map<String, Long> requests) {
    private static final int SHOWN = 12;

    /** Of a broker that was started with JMX; the processor time is read last, after what JMX costs. */
    static BrokerLoad of(BrokerProcess broker) {
        try (JMXConnector connector = JMXConnectorFactory.connect(
                new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + broker.jmxPort() + "/jmxrmi"))) {
            MBeanServerConnection server = connector.getMBeanServerConnection();
            Map<String, Long> requests = requests(server);
            Map<String, Long> threads = threads(server);
            return new BrokerLoad(System.nanoTime(), cpuMs(broker), threads, requests);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (JMException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Processor time of a broker since it started. */
    static long cpuMs(BrokerProcess broker) {
        return ProcessHandle.of(broker.pid())
                .flatMap(process -> process.info().totalCpuDuration())
                .orElse(Duration.ZERO)
                .toMillis();
    }

    private static Map<String, Long> requests(MBeanServerConnection server) throws JMException, IOException {
        Map<String, Long> counts = new TreeMap<>();
        ObjectName names = new ObjectName("kafka.network:type=RequestMetrics,name=RequestsPerSec,*");
        for (ObjectName name : server.queryNames(names, null)) {
            counts.merge(name.getKeyProperty("request"), (Long) server.getAttribute(name, "Count"), Long::sum);
        }
        return counts;
    }

    /** Threads of a kind are told apart by a number, which is left out. */
    private static Map<String, Long> threads(MBeanServerConnection server) throws IOException {
        ThreadMXBean threads = ManagementFactory.newPlatformMXBeanProxy(
                server, ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
        Map<String, Long> times = new TreeMap<>();
        for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null) {
                long cpuNs = threads.getThreadCpuTime(thread.getThreadId());
                times.merge(thread.getThreadName().replaceAll("[0-9]+", "N"), Math.max(0, cpuNs), Long::sum);
            }
        }
        return times;
    }

    /** What it did between {@code earlier} and this: requests a second, and threads in per cent of a core. */
    String since(BrokerLoad earlier) {
        double seconds = (atNs - earlier.atNs) / 1e9;
        return "requests/s " + largest(requests, earlier.requests, 1 / seconds) + "; threads in % of a core "
                + largest(threadsNs, earlier.threadsNs, 1e-7 / seconds);
    }

    private static String largest(Map<String, Long> now, Map<String, Long> before, double factor) {
        return now.entrySet().stream()
                .map(entry -> Map.entry(
                        entry.getKey(), factor * (entry.getValue() - before.getOrDefault(entry.getKey(), 0L))))
                .filter(entry -> entry.getValue() > 0.02)
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .limit(SHOWN)
                .map(entry -> String.format(Locale.ROOT, "%s %.2f", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
